import CLibYAML

/// What libyaml tells of a document, one step after the other.
struct YAMLEvent {
  enum Kind: Equatable {
    case streamStart, streamEnd, documentStart, documentEnd
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case scalar(String, quoted: Bool)
  }

  let kind: Kind
  let position: Position
}

/// libyaml's event parser over a copy of the input; anchors, aliases and tags are refused.
@safe
struct YAMLParser: ~Copyable {
  /// On the heap: libyaml keeps pointers into it and into the input.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: [UInt8]) throws(Flaw) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      throw Flaw(problem: "not enough memory to read it")
    }
    let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = unsafe input.initialize(from: bytes)
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    unsafe self.parser = unsafe parser
    unsafe self.input = unsafe input
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// The next event. Do not ask again after ``YAMLEvent/Kind/streamEnd`` or an error.
  mutating func next() throws(Flaw) -> YAMLEvent {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw syntaxFlaw() }
    defer { unsafe yaml_event_delete(&event) }
    let position = unsafe Position(event.start_mark)
    let kind: YAMLEvent.Kind
    switch unsafe event.type {
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_SEQUENCE_START_EVENT:
      let start = unsafe event.data.sequence_start
      try unsafe refuse(anchor: start.anchor, tag: start.tag, at: position)
      kind = .sequenceStart
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      let start = unsafe event.data.mapping_start
      try unsafe refuse(anchor: start.anchor, tag: start.tag, at: position)
      kind = .mappingStart
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      try unsafe refuse(anchor: scalar.anchor, tag: scalar.tag, at: position)
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = unsafe .scalar(
        String(decoding: bytes, as: UTF8.self), quoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
    case YAML_ALIAS_EVENT:
      throw Flaw(
        position: position, problem: "aliases (*name) are not supported",
        allowed: "a value that begins with * in quotes")
    default: kind = .streamEnd
    }
    return YAMLEvent(kind: kind, position: position)
  }

  private func refuse(
    anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, at position: Position
  ) throws(Flaw) {
    if unsafe anchor != nil {
      throw Flaw(
        position: position, problem: "anchors (&name) are not supported",
        allowed: "a value that begins with & in quotes")
    }
    if unsafe tag != nil {
      throw Flaw(
        position: position, problem: "tags (!name) are not supported",
        allowed: "a value that begins with ! in quotes")
    }
  }

  private func syntaxFlaw() -> Flaw {
    var problem = "not valid YAML"
    if let text = unsafe parser.pointee.problem { problem += ": \(unsafe String(cString: text))" }
    if let text = unsafe parser.pointee.context { problem += " \(unsafe String(cString: text))" }
    // The reader, which looks at encoding and control characters, knows an offset but no mark.
    let position =
      unsafe parser.pointee.error == YAML_READER_ERROR
      ? position(ofByte: unsafe parser.pointee.problem_offset)
      : Position(unsafe parser.pointee.problem_mark)
    return Flaw(position: position, problem: problem)
  }

  private func position(ofByte offset: Int) -> Position {
    var line = 1
    var column = 1
    let end = unsafe max(0, min(offset, input.count))
    for index in 0..<end {
      let byte = unsafe input[index]
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {  // a continuation byte of UTF-8 starts no character
        column += 1
      }
    }
    return Position(line: line, column: column)
  }
}

extension Position {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: mark.line + 1, column: mark.column + 1)
  }
}
