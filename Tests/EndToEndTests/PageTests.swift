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

    /// What the page fetches after itself.
    private static let parts =
      [
        "page.css", "page.js", "elements.js", "findings.js", "freshness.js", "lookup.js",
        "table.js",
        "theme.js", "page",
      ]
      .map { "/_/\($0)" }

    /// Where screenshots stay for those who want to look: PAGE_SCREENSHOTS, else with the test's files.
    private func picture(_ name: String, _ directory: Directory) -> String {
      let folder = ProcessInfo.processInfo.environment["PAGE_SCREENSHOTS"] ?? directory.path
      return "\(folder)/\(name).png"
    }

    private func daemon(
      in namespace: Namespace, _ directory: Directory, stuckAfter: String = "1s"
    ) async throws -> Daemon {
      let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: \(stuckAfter)\n")
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

    private struct Judgement: Decodable {
      var violations: [String]
      var passes: [String]
    }

    /// What axe-core says of both palettes, wide and narrow.
    private func accessible(_ browser: Browser, _ what: String) async throws {
      try await browser.inject(try #require(Browser.axe))
      for (width, height) in [(390, 844), (1280, 900)] {
        for scheme in ["dark", "light"] {
          try await browser.size(width, height)
          try await browser.scheme(scheme)
          let judgement = try await browser.value(
            """
            axe.run(document, { resultTypes: ['violations', 'passes'] }).then((result) => ({
              violations: result.violations.map((v) => v.id + ': '
                + v.nodes.map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')),
              passes: result.passes.map((rule) => rule.id) }))
            """, as: Judgement.self)
          #expect(judgement.violations == [], "\(what), \(scheme), \(width)")
          let rules = ["color-contrast", "button-name", "label", "scrollable-region-focusable"]
          // The last one has nothing to judge where all columns are in sight.
          for rule in rules.prefix(width < 1000 ? 4 : 3) {
            #expect(judgement.passes.contains(rule), "\(what), \(scheme), \(width)")
          }
        }
      }
    }

    private let firstProcess = "document.querySelector('#rows th .main')?.textContent"

    /// At 1280 pixels no column is cut, and nothing scrolls sideways.
    private func fits(_ browser: Browser) async throws {
      try await browser.size(1280, 900)
      let cut = try await browser.value(
        """
        (() => {
          const frame = document.getElementById('scroller').getBoundingClientRect();
          return [...document.querySelectorAll('#head th, #rows tr > *, #rows tr > * *')].filter((cell) => {
            const { left, right, width } = cell.getBoundingClientRect();
            return width > 0 && (left < frame.left || right > frame.right) || cell.scrollWidth > cell.clientWidth + 1
              && getComputedStyle(cell).overflowX !== 'visible';
          }).map((cell) => cell.outerHTML.slice(0, 200));
        })()
        """, as: [String].self)
      #expect(cut == [])
      #expect(
        try await browser.value(
          "[document.documentElement, document.getElementById('scroller')].every((e) => e.scrollWidth <= e.clientWidth)",
          as: Bool.self))
      try await browser.shows(
        "no hint of more columns", "document.getElementById('scroll-hint').hidden")
    }

    /// A phone shows what matters most, and says that there is more.
    private func fitsPhone(_ browser: Browser) async throws {
      try await browser.size(390, 844)
      #expect(
        try await browser.value("document.documentElement.scrollWidth", as: Int.self) <= 390)
      try await browser.shows(
        "the hint",
        "document.getElementById('scroll-hint').checkVisibility() && document.querySelector('.frame[data-after]')"
      )
      let seen = """
        [...document.querySelectorAll('#head th')].filter((cell) => {
          const { left, right } = cell.getBoundingClientRect();
          return left >= 0 && right <= innerWidth;
        }).map((cell) => cell.dataset.column)
        """
      let first = try await browser.value(seen, as: [String].self)
      #expect(Set(first).isSuperset(of: ["process", "close_wait", "all"]))
      let region = try await browser.value(
        """
        (() => { const e = document.getElementById('scroller'); e.focus();
          return [document.activeElement.id, String(e.tabIndex), e.getAttribute('role'),
            e.getAttribute('aria-label')]; })()
        """, as: [String].self)
      #expect(region == ["scroller", "0", "region", "Table of processes"])
      try await browser.press("ArrowRight")
      try await browser.shows(
        "that it has scrolled", "document.getElementById('scroller').scrollLeft > 0")
      #expect(try await browser.value(seen, as: [String].self).contains("process"))
      try await browser.value(
        "(document.getElementById('scroller').scrollLeft = 1e6, true)", as: Bool.self)
      try await browser.shows(
        "the end", "document.querySelector('.frame[data-before]:not([data-after])')")
      try await browser.value(
        "(document.getElementById('scroller').scrollLeft = 0, true)", as: Bool.self)
    }

    @Test func `it tells of stuck connections, sorts, searches, fits a phone, marks what is stale`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8002")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8002", "5")
        let daemon = try await daemon(in: namespace, directory)
        for path in ["/", "/_/page.css", "/_/page.js", "/_/table.js"] {
          let policy = try await daemon.get(path)?.headers["content-security-policy"] ?? ""
          #expect(policy.hasPrefix("default-src 'none'; script-src 'self';"), "\(path)")
          #expect(!policy.contains("unsafe"), "\(path)")
        }
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.size(1280, 900)
        try await browser.scheme("light")
        try await browser.open(Self.address)
        try await browser.shows(
          "quiet", "document.getElementById('verdict')?.textContent === 'No faults'")
        // Before it has asked for updates for long.
        #expect(try await browser.seen().received < 60_000)
        try await browser.screenshot(picture("quiet", directory))
        try await accessible(browser, "quiet")
        try await transfer(daemon)

        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        try await browser.shows(
          "the verdict",
          "document.getElementById('verdict').textContent === 'leaky-server.js has connections stuck in CLOSE-WAIT'"
        )
        let card = try await browser.value("document.querySelector('.card').innerText")
        for text in ["leaky-server.js", "on port 8001", "CLOSE-WAIT", "oldest", "What to do"] {
          #expect(card.contains(text), "\(text)")
        }
        try await browser.value(
          "document.querySelector('.card .sockets').open = true", as: Bool.self)
        // One may have been seen a poll later than the others.
        try await browser.shows(
          "all three", "document.querySelectorAll('.card .peers li').length === 3")
        #expect(
          try await browser.value("document.querySelector('.card .peers').innerText")
            .contains("peer 127.0.0.1:"))
        // What leaks stands first until somebody wants another order.
        #expect(try await browser.value(firstProcess) == "leaky-server.js")
        // Two points, twenty seconds, make a line.
        try await browser.shows(
          "the trend", "document.querySelector('.card .line')?.getAttribute('d')")
        try await browser.screenshot(picture("leak-light", directory))
        try await accessible(browser, "leak")
        try await fits(browser)

        // By keyboard: the header of the first column sorts, and says so.
        try await browser.value(
          "(document.querySelector('th[data-column=process] button').focus(), true)", as: Bool.self)
        try await browser.press("Enter")
        try await browser.shows(
          "the order",
          "document.querySelector('th[data-column=process]').getAttribute('aria-sort') === 'ascending'"
        )
        let names = """
          [...document.querySelectorAll('#rows th .main')].map((cell) => cell.textContent)
          """
        let ascending = try await browser.value(names, as: [String].self)
        #expect(ascending == ascending.sorted())
        try await browser.press("Enter")
        try await browser.shows(
          "the other order",
          "document.querySelector('th[data-column=process]').getAttribute('aria-sort') === 'descending'"
        )
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
          try await browser.value("document.getElementById('rows').innerText") == "No matches."
        )
        try await browser.value("(\(type))('')", as: Bool.self)

        try await browser.scheme("dark")
        try await browser.screenshot(picture("leak-dark", directory))
        try await browser.scheme("light")
        try await fitsPhone(browser)
        try await browser.screenshot(picture("leak-phone", directory))
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

    /// What a browser fetches to show it, compressed.
    private func transfer(_ daemon: Daemon) async throws {
      var size = 0
      for path in ["/"] + Self.parts {
        let answer = try #require(
          try await daemon.get(path, "--header", "Accept-Encoding: gzip"))
        #expect(answer.status == 200)
        #expect(answer.headers["content-encoding"] == "gzip", "\(path)")
        size += answer.body.count
      }
      #expect(size < 60_000)
    }

    @Test func `tells the stuck from all CLOSE-WAIT, amounts as the commands do, and no zeros`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start(
          "python3", "accept.py", "streaming", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8002")
        // So long that a busy machine does not keep the server from sending for as long.
        _ = try await daemon(in: namespace, directory, stuckAfter: "5s")
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.size(1280, 900)
        try await browser.scheme("light")
        try await browser.open(Self.address)

        let cards = { (port: Int) in
          "[...document.querySelectorAll('.card')].filter((card) => card.querySelector('.place').textContent.includes('on port \(port)'))"
        }
        // As they are told to a screen reader: the name, then the value.
        let figures = """
          [...\(cards(8001))[0]?.querySelectorAll('dl div') ?? []].map((e) => e.textContent).join('; ')
          """
        let client = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "2")
        try await browser.shows(
          "those that are half closed", "(\(figures)).includes('in CLOSE-WAIT, half closed2')")
        try await server.tell("quiet", until: "silent")
        // Nobody waits for it any more.
        try await client.tell("leave", until: "left")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "1")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8002", "1")
        try await browser.shows(
          "two of three", "(\(figures)).includes('stuck, of all in CLOSE-WAIT2 of 3')")
        // The third has no card of its own.
        #expect(try await browser.value("\(cards(8001)).length", as: Int.self) == 1)
        let row = { (port: Int) in
          "[...document.querySelectorAll('#rows tr')].find((row) => row.children[1].textContent === '\(port)')"
        }
        #expect(try await browser.value("\(row(8001)).children[2].innerText") == "3\n2 stuck")
        try await browser.shows(
          "the trend of all three",
          "/^All CLOSE-WAIT, last 5 min: .* now 3$/.test(\(cards(8001))[0].querySelector('figcaption').textContent)"
        )
        #expect(
          try await browser.value(
            "\(cards(8001))[0].querySelector('svg').getAttribute('aria-label')"
          )
          .hasPrefix("Trend: All CLOSE-WAIT, last 5 min"))

        // Once what is unread changes no longer, the page says it as the commands do.
        try await eventually("bytes as the commands have them") { () -> Void? in
          let text = try await namespace.run(
            Daemon.binary, "explain", ":8002", "--connect=http://127.0.0.1:10793")
          guard let said = text.firstMatch(of: /([0-9]+\.[0-9] [kMG]B) unread\n/)?.1 else {
            return nil
          }
          return try await browser.value(
            "\(row(8002)).querySelector('td[data-severity][title]')?.textContent === '\(said)' && \(cards(8002))[0].innerText.includes('\(said)')",
            as: Bool.self) ? () : nil
        }
        #expect(
          try await browser.value(
            "/oldest([0-9]+s|[0-9]+m[0-9]{2}s)(;|$)/.test(\(figures))", as: Bool.self))
        #expect(
          try await browser.value(
            "[...document.querySelectorAll('#rows td')].map((cell) => cell.innerText).filter((text) => /^0([^0-9]|$)/.test(text))",
            as: [String].self) == [])
        // What is at fault stands first, marked, in the order of the cards.
        #expect(
          try await browser.value(
            "[...document.querySelectorAll('#rows tr')].map((row) => row.dataset.severity ?? '').join(' ').trim().split(' ').every(Boolean)",
            as: Bool.self))
        // The first card is open, and stays so until the reader chooses.
        let open =
          "[...document.querySelectorAll('.card .more')].map((part) => part.open).indexOf(true)"
        #expect(try await browser.value(open, as: Int.self) == 0)
        try await fits(browser)
        try await browser.screenshot(picture("figures", directory))
        try await browser.value(
          "(document.querySelector('.card .more > summary').click(), true)", as: Bool.self)
        try await browser.shows(
          "an update that opens nothing again",
          """
          (() => {
            const time = document.getElementById('freshness-text').textContent;
            window.before ??= time;
            return window.before !== time && \(open) === -1;
          })()
          """)
        try await quietConsole(browser)
      }
    }

    @Test func `a log line finds the story of its connection, and the last that broke are listed`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await daemon(in: namespace, directory)
        let program = try await namespace.start("node", "endings.js", "unread", "8001", "30")
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        _ = try await daemon.freshMetrics()
        try await program.tell("end", until: "did end")
        let line = try #require(
          program.child.output.split(separator: "\n").last { $0.hasPrefix("at ") })
        let ends = line.split(separator: " ").dropFirst()
        try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total", ["how": "reset_received"]) == 30
        }
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.open(Self.address)
        try await browser.shows(
          "twenty that broke",
          "document.querySelectorAll('#broken-list li .ends').length === 20")
        try await browser.value(
          """
          (() => {
            document.getElementById('line').value =
              'Error: read ECONNRESET ' + ['\(ends.joined(separator: "', '"))'].join('->') + ' at TCP.onStreamRead';
            document.getElementById('ask').requestSubmit();
            return true;
          })()
          """, as: Bool.self)
        try await browser.shows(
          "the story",
          "document.getElementById('story').innerText.includes('\(ends.joined(separator: " → ")): reset by the peer')"
        )
        try await browser.value(
          "(document.getElementById('broken').open = true, true)", as: Bool.self)
        try await browser.shows(
          "the endings of each group",
          "[...document.querySelectorAll('#rows td')].some((cell) => cell.innerText.includes('30 reset by the peer'))"
        )
        try await browser.screenshot(picture("lookup", directory))
        try await accessible(browser, "lookup")
        try await browser.value(
          """
          (() => {
            document.getElementById('line').value = 'nothing';
            document.getElementById('ask').requestSubmit();
            document.querySelector('#broken-list button').click();
            return true;
          })()
          """, as: Bool.self)
        try await browser.shows(
          "the story of one of the list",
          "document.getElementById('story').innerText.includes('ECONNRESET')")
        try await quietConsole(browser)
      }
    }

    @Test func `the theme is the reader's choice, and is remembered if the browser allows it`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await daemon(in: namespace, directory)
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.size(1280, 900)
        try await browser.scheme("dark")
        try await browser.open(Self.address)
        let shows = { (isDark: Bool) in
          """
          (() => { const button = document.getElementById('theme');
            return !window.old && button?.innerText === 'Dark theme: \(isDark ? "on" : "off")'
              && button.getAttribute('aria-pressed') === '\(isDark)'
              && getComputedStyle(document.documentElement).colorScheme\(isDark ? "!==" : "===") 'light'; })()
          """
        }
        let click = "(document.getElementById('theme').click(), true)"
        try await browser.shows("the system's wish", shows(true))
        let paper = "getComputedStyle(document.body).backgroundColor"
        let dark = try await browser.value(paper)
        try await browser.value(click, as: Bool.self)
        try await browser.shows("the reader's", shows(false))
        #expect(try await browser.value(paper) != dark)

        try await browser.value("window.old = true", as: Bool.self)
        try await browser.open(Self.address)
        try await browser.shows("what was chosen", shows(false))
        #expect(try await browser.value(paper) != dark)

        try await browser.before(
          """
          Object.defineProperty(window, 'localStorage',
            { get() { throw new DOMException('refused', 'SecurityError'); } });
          """)
        try await browser.value("window.old = true", as: Bool.self)
        try await browser.open(Self.address)
        try await browser.shows("the system's wish without a memory", shows(true))
        try await browser.value(click, as: Bool.self)
        try await browser.shows("the reader's without a memory", shows(false))
        try await quietConsole(browser)
      }
    }

    @Test func `no name turns the verdict round`() async throws {
      try await withSandbox { namespace, directory in
        let name = "\u{202e}שלום 12 אב.js"
        try FileManager.default.copyItem(
          atPath: Tool.program("leaky-server.js"), toPath: directory.file(name))
        let hostile = try await namespace.start(["node", directory.file(name), "127.0.0.1", "8001"])
        try await hostile.says("ready")
        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        _ = try await daemon(in: namespace, directory)
        let browser = try await Browser.start(in: namespace, directory)
        try await browser.size(1280, 900)
        try await browser.open(Self.address)
        try await browser.shows(
          "the verdict",
          #"""
          document.getElementById('verdict')?.textContent
            === '\\u{202e}שלום 12 אב.js has connections stuck in CLOSE-WAIT'
          """#)
        try await browser.value(
          "(document.querySelector('.card .more').open = true)", as: Bool.self)
        // Every character stands to the right of the one before it, or on a later line.
        let turned = """
          [...document.querySelectorAll('#verdict, .headline, .cause, .card .steps li, .tag, .place')].filter((element) => {
            const range = document.createRange();
            let before = null;
            const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
              const text = walker.currentNode;
              for (let index = 0; index < text.length; index += 1) {
                range.setStart(text, index);
                range.setEnd(text, index + 1);
                const { left, top, width } = range.getBoundingClientRect();
                if (!width) continue;
                if (before && left < before.left && top <= before.top + 2) return true;
                before = { left, top };
              }
            }
            return false;
          }).map((element) => element.textContent)
          """
        #expect(try await browser.value(turned, as: [String].self) == [])
        try await quietConsole(browser)
      }
    }

    @Test func `names of processes are text, and hundreds of groups are searched at once`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let name = "<img src=x onerror=document.title=1>.py"
        try FileManager.default.copyItem(
          atPath: Tool.program("accept.py"), toPath: directory.file(name))
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

        try await fits(browser)
        // An update keeps the rows that are there: no flicker, and no place lost.
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
