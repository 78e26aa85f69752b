internal import SocketStates

extension Explanation {
  /// The explanation as one object and a newline.
  /// - Parameters:
  ///   - showsAddresses: whether the reader may see who is connected.
  ///   - look: how the reader has asked, for the commands.
  package func json(
    showsAddresses: Bool = true, look: InvocationFlags = InvocationFlags()
  ) -> [UInt8] {
    func write(_ findings: [Finding], _ key: String, to json: inout JSONWriter) {
      json.array(key) { json in
        for finding in findings {
          FindingJSON.write(finding, showsAddresses: showsAddresses, look: look, to: &json)
        }
      }
    }
    func write(_ sockets: [SocketReport], _ key: String, to json: inout JSONWriter) {
      json.array(key) { json in
        for socket in sockets {
          json.object { ReportJSON.write(socket, showsAddresses, to: &$0) }
        }
      }
    }
    var json = JSONWriter()
    json.object { json in
      json.object("subject") { json in
        switch subject {
        case .pid(let pid):
          json.member("pid", pid)
          if let thread { json.member("thread", thread) }
        case .process(let name): json.member("process", name)
        case .port(let port): json.member("port", port)
        case .host: break
        case .connection(let one, let other):
          json.member("local", one.description)
          json.member("remote", other.description)
        }
      }
      json.member("time", time)
      json.member("source", source.rawValue)
      ReportJSON.write(containers, to: &json)
      json.member("severity", severity.label)
      if case .connection = subject { write(sockets, "sockets", to: &json) }
      json.array("groups") { json in
        for group in groups { ReportJSON.write(group, to: &json) }
      }
      write(related, "related", to: &json)
      write(findings, "findings", to: &json)
      write(causes, "causes", to: &json)
      write(consequences, "consequences", to: &json)
      json.array("past") { json in
        for past in self.past {
          json.object { json in
            ReportJSON.write(past.labels, to: &json)
            json.key("evidence")
            FindingJSON.write(past.evidence, true, to: &json)
          }
        }
      }
      write(perhaps, "perhaps", to: &json)
      json.array("missing") { json in
        for each in missing + hidden { json.value(each) }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}
