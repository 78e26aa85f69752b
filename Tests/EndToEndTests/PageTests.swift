import Foundation
import Testing

extension EndToEnd {
  @Suite(
    "the page",
    .enabled(if: Browser.isPossible, "chromium is not installed (make test-deps)"),
    .enabled(if: Browser.axe != nil, "axe-core is not there (make test-deps)"),
    .enabled(if: Tool.has("node"), "node is not installed"))
  struct Page {
    private static let address = "http://127.0.0.1:10793/"

    /// Where screenshots stay for those who want to look: PAGE_SCREENSHOTS, else with the test's files.
    private func picture(_ name: String, _ directory: Directory) -> String {
      let folder = ProcessInfo.processInfo.environment["PAGE_SCREENSHOTS"] ?? directory.path
      return "\(folder)/\(name).png"
    }

    private func daemon(
      in namespace: Namespace, _ directory: Directory
    ) async throws -> Daemon {
      let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
      return try await Daemon.start(
        in: namespace, directory: directory, interval: "500ms", "--config.file=\(file)",
        "--web.listen-address=127.0.0.1:10793")
    }

    private func quietConsole(_ browser: Browser) async throws {
      let seen = try await browser.seen()
      #expect(seen.errors == [])
      #expect(
        seen.requests.allSatisfy { $0.hasPrefix(Self.address) || $0 == "data:," },
        "\(seen.requests)")
    }

    private func accessible(_ browser: Browser, _ what: String) async throws {
      try await browser.inject(try #require(Browser.axe))
      let violations = try await browser.value(
        """
        axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations.map(
          (v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')))
        """, as: [String].self)
      #expect(violations == [], "\(what)")
    }

    private let firstProcess = "document.querySelector('#rows th')?.textContent"

    @Test("tells of a leak, sorts, searches, fits a phone and the dark, and marks what is stale")
    func leak() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "server.py", "patient", "127.0.0.1", "8002")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8002", "5")
        let daemon = try await daemon(in: namespace, directory)
        for path in ["/", "/page.css", "/page.js"] {
          let policy = try await daemon.get(path)?.headers["content-security-policy"] ?? ""
          #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"), "\(path)")
          #expect(!policy.contains("unsafe"), "\(path)")
        }
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.size(1280, 900)
        try await browser.scheme("light")
        try await browser.open(Self.address)
        try await browser.shows(
          "quiet", "document.getElementById('verdict')?.textContent === 'All quiet'")
        try await browser.screenshot(picture("quiet", directory))
        try await accessible(browser, "quiet")
        #expect(try await browser.seen().received < 60_000)

        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "3")
        try await browser.shows(
          "the verdict",
          "document.getElementById('verdict').textContent === 'leaky-server.js leaks CLOSE-WAIT'")
        let card = try await browser.value("document.querySelector('.card').innerText")
        for text in ["leaky-server.js", "on port 8001", "CLOSE-WAIT", "oldest", "What to do"] {
          #expect(card.contains(text), "\(text)")
        }
        try await browser.value(
          "document.querySelector('.card .sockets').open = true", as: Bool.self)
        #expect(
          try await browser.value(
            "document.querySelectorAll('.card .peers li').length", as: Int.self)
            == 3)
        #expect(
          try await browser.value("document.querySelector('.card .peers').innerText")
            .contains("peer 127.0.0.1:"))
        // What leaks stands first until somebody wants another order.
        #expect(try await browser.value(firstProcess) == "leaky-server.js")
        // Two points, twenty seconds, make a line.
        try await browser.shows(
          "the trend", "document.querySelector('.card .line')?.getAttribute('d')")
        try await browser.screenshot(picture("leak-light", directory))
        try await accessible(browser, "light")

        // By keyboard: the header of the first column sorts, and says so.
        try await browser.value(
          "(document.querySelector('th[data-column=process] button').focus(), true)", as: Bool.self)
        try await browser.press("Enter")
        try await browser.shows(
          "the order",
          "document.querySelector('th[data-column=process]').getAttribute('aria-sort') === 'ascending'"
        )
        let names = """
          [...document.querySelectorAll('#rows th')].map((cell) => cell.textContent)
          """
        let ascending = try await browser.value(names, as: [String].self)
        #expect(ascending == ascending.sorted())
        try await browser.press("Enter")
        let descending = try await browser.value(names, as: [String].self)
        #expect(descending == descending.sorted(by: >))
        #expect(descending.count > 2)

        let type = """
          (text) => { const field = document.getElementById('search'); field.value = text;
            field.dispatchEvent(new Event('input', { bubbles: true })); return true; }
          """
        try await browser.value("(\(type))('LEAKY 8001')", as: Bool.self)
        #expect(try await browser.value(names, as: [String].self) == ["leaky-server.js"])
        try await browser.value("(\(type))('nobody')", as: Bool.self)
        #expect(
          try await browser.value("document.getElementById('rows').innerText") == "Nothing matches."
        )
        try await browser.value("(\(type))('')", as: Bool.self)

        try await browser.scheme("dark")
        try await browser.screenshot(picture("leak-dark", directory))
        try await accessible(browser, "dark")
        let paper = "getComputedStyle(document.body).backgroundColor"
        let dark = try await browser.value(paper)
        try await browser.value("(document.getElementById('theme').click(), true)", as: Bool.self)
        #expect(try await browser.value(paper) != dark)

        try await browser.size(390, 844)
        #expect(
          try await browser.value("document.documentElement.scrollWidth", as: Int.self) <= 390)
        try await browser.screenshot(picture("leak-phone", directory))
        try await accessible(browser, "phone")
        try await quietConsole(browser)

        try await daemon.program.signal("TERM")
        try await daemon.program.child.ended()
        try await browser.shows(
          "that it is stale", "document.getElementById('stale').textContent.startsWith('Stale: ')")
        #expect(
          try await browser.value("document.getElementById('freshness').dataset.state") == "stale")
        // What was known stays to be read.
        #expect(
          try await browser.value("document.querySelector('.card').innerText").contains("8001"))
        try await browser.size(1280, 900)
        try await browser.screenshot(picture("stale", directory))
        try await accessible(browser, "stale")
      }
    }

    @Test("names of processes are text, and hundreds of groups are searched at once")
    func many() async throws {
      try await withSandbox { namespace, directory in
        let name = "<img src=x onerror=document.title=1>.py"
        try FileManager.default.copyItem(
          atPath: Tool.program("server.py"), toPath: directory.file(name))
        let hostile = try await namespace.start(
          ["python3", directory.file(name), "patient", "127.0.0.1", "8001"])
        try await hostile.says("ready")
        _ = try await namespace.start("python3", "many-listeners.py", "20000", "500")
        _ = try await daemon(in: namespace, directory)
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.size(1280, 900)
        try await browser.open(Self.address)
        try await browser.shows(
          "all groups", "document.querySelectorAll('#rows tr').length >= 501")
        #expect(try await browser.value("document.images.length", as: Int.self) == 0)
        #expect(
          try await browser.value(
            "[...document.querySelectorAll('#rows th')].some((cell) => cell.textContent.startsWith('<img'))",
            as: Bool.self))

        // An update keeps the rows that are there, unless it brings a state that nobody was in before: no
        // flicker, and no place lost.
        try await browser.shows(
          "an update that keeps its rows",
          """
          (() => {
            const row = [...document.querySelectorAll('#rows tr')].find((row) => row.innerText.includes('20123'));
            const time = document.getElementById('freshness-text').textContent;
            if (window.mark && window.mark.time !== time && window.mark.row === row) return true;
            if (window.mark?.time !== time) window.mark = { row, time };
            return false;
          })()
          """)
        try await browser.value(
          """
          (() => { const field = document.getElementById('search'); field.value = '20123';
            field.dispatchEvent(new Event('input')); return true; })()
          """, as: Bool.self)
        #expect(
          try await browser.value("document.querySelectorAll('#rows tr').length", as: Int.self) == 1
        )
        try await browser.screenshot(picture("many", directory))
        try await quietConsole(browser)
      }
    }
  }
}
