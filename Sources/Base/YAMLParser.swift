internal import CYAML

/// Builds one document's nodes from libyaml's events. Aliases are followed with a bound on what they expand to, and
/// scalars are resolved by YAML 1.2's core schema, so `yes`, `on` and `012` stay what they look like.
struct YAMLParser {
    /// Bounds against documents that are small on disk and huge in memory.
    private static let maximumDepth = 100
    private static let maximumNodes = 200_000

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let lineOffset: Int
    private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
    private var nodes = 0

    /// Reads the only document of a text; nil when it is empty.
    static func document(_ bytes: [UInt8], lineOffset: Int) throws(YAMLError) -> YAMLNode? {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        yaml_parser_initialize(parser)
        defer { yaml_parser_delete(parser) }
        // libyaml keeps the pointer until the parser is deleted, so the bytes are held in place meanwhile.
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        defer { input.deallocate() }
        _ = input.initialize(from: bytes)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        var reader = YAMLParser(parser: parser, lineOffset: lineOffset)
        return try reader.document()
    }

    private init(parser: UnsafeMutablePointer<yaml_parser_t>, lineOffset: Int) {
        self.parser = parser
        self.lineOffset = lineOffset
    }

    private mutating func document() throws(YAMLError) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            switch event.type {
            case YAML_STREAM_END_EVENT: return root
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            default:
                guard root == nil else {
                    throw YAMLError(position: position(event.start_mark), message: "expected the end of the document")
                }
                let node = try node(event, depth: 0)
                root = isEmpty(node) ? nil : node
                if root == nil { anchors = [:] }
            }
        }
    }

    /// A document of comments only comes as one empty plain scalar.
    private func isEmpty(_ node: YAMLNode) -> Bool {
        if case .scalar(.null) = node.content { true } else { false }
    }

    private mutating func next() throws(YAMLError) -> yaml_event_t {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        return event
    }

    private func problem() -> YAMLError {
        let detail = parser.pointee.problem.map { String(cString: $0) } ?? "not valid YAML"
        let context = parser.pointee.context.map { String(cString: $0) + ": " } ?? ""
        let mark = parser.pointee.problem_mark
        // Reader errors (bad UTF-8, control characters) carry an offset and no mark; the parser stands near them.
        let place = parser.pointee.error == YAML_READER_ERROR ? parser.pointee.mark : mark
        return YAMLError(position: position(place), message: context + detail)
    }

    private func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: Int(mark.line) + 1 + lineOffset, column: Int(mark.column) + 1)
    }

    private mutating func node(_ event: yaml_event_t, depth: Int) throws(YAMLError) -> YAMLNode {
        let place = position(event.start_mark)
        try checkDepth(depth, at: place)
        try count(1, at: place)
        let before = nodes
        switch event.type {
        case YAML_ALIAS_EVENT: return try alias(event, at: place, depth: depth)
        case YAML_SCALAR_EVENT:
            let node = YAMLNode(position: place, content: .scalar(try scalar(event, at: place)))
            remember(node, anchor: event.data.scalar.anchor, since: before)
            return node
        case YAML_SEQUENCE_START_EVENT:
            let node = YAMLNode(position: place, content: .sequence(try sequence(depth: depth)))
            remember(node, anchor: event.data.sequence_start.anchor, since: before)
            return node
        case YAML_MAPPING_START_EVENT:
            let node = YAMLNode(position: place, content: .mapping(try mapping(depth: depth)))
            remember(node, anchor: event.data.mapping_start.anchor, since: before)
            return node
        default:
            throw YAMLError(position: place, message: "unexpected end of a collection")
        }
    }

    private func checkDepth(_ depth: Int, at place: SourcePosition) throws(YAMLError) {
        guard depth < Self.maximumDepth else {
            throw YAMLError(position: place, message: "nested deeper than \(Self.maximumDepth) levels")
        }
    }

    private mutating func count(_ more: Int, at place: SourcePosition) throws(YAMLError) {
        nodes += more
        guard nodes <= Self.maximumNodes else {
            throw YAMLError(position: place, message: "more than \(Self.maximumNodes) values, aliases included")
        }
    }

    private mutating func remember(_ node: YAMLNode, anchor: UnsafeMutablePointer<yaml_char_t>?, since before: Int) {
        guard let anchor else { return }
        anchors[String(cString: anchor)] = (node, nodes - before + 1)
    }

    private mutating func alias(
        _ event: yaml_event_t, at place: SourcePosition, depth: Int
    ) throws(YAMLError) -> YAMLNode {
        let name = String(cString: event.data.alias.anchor)
        guard let anchor = anchors[name] else {
            throw YAMLError(position: place, message: "alias *\(name) refers to no anchor before it")
        }
        try count(anchor.size, at: place)
        try checkDepth(depth + anchor.node.height, at: place)
        return YAMLNode(position: place, content: anchor.node.content)
    }

    private func scalar(_ event: yaml_event_t, at place: SourcePosition) throws(YAMLError) -> JSONValue {
        let raw = event.data.scalar
        let text = String(decoding: UnsafeBufferPointer(start: raw.value, count: raw.length), as: UTF8.self)
        let tag = raw.tag.map { String(cString: $0) }
        switch tag {
        case nil where raw.plain_implicit != 0: return YAMLScalar.resolve(text)
        case nil, "tag:yaml.org,2002:str", "!": return .string(text)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
            return YAMLScalar.resolve(text)
        case let tag?: throw YAMLError(position: place, message: "tag \(tag) is not supported")
        }
    }

    private mutating func sequence(depth: Int) throws(YAMLError) -> [YAMLNode] {
        var elements: [YAMLNode] = []
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            if event.type == YAML_SEQUENCE_END_EVENT { return elements }
            elements.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func mapping(
        depth: Int
    ) throws(YAMLError) -> [(key: String, keyPosition: SourcePosition, value: YAMLNode)] {
        var members: [(key: String, keyPosition: SourcePosition, value: YAMLNode)] = []
        var seen: Set<String> = []
        while true {
            var event = try next()
            defer { yaml_event_delete(&event) }
            if event.type == YAML_MAPPING_END_EVENT { return members }
            let place = position(event.start_mark)
            let key = try key(event, at: place, depth: depth)
            guard seen.insert(key).inserted else {
                throw YAMLError(position: place, message: "the key \"\(key)\" stands here twice")
            }
            var valueEvent = try next()
            defer { yaml_event_delete(&valueEvent) }
            members.append((key, place, try node(valueEvent, depth: depth + 1)))
        }
    }

    private mutating func key(_ event: yaml_event_t, at place: SourcePosition, depth: Int) throws(YAMLError) -> String {
        guard event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT,
            case .scalar(let value) = try node(event, depth: depth + 1).content
        else { throw YAMLError(position: place, message: "a key must be a plain value") }
        return value.stringValue ?? value.text()
    }
}

extension YAMLNode {
    /// Levels below this node.
    fileprivate var height: Int {
        switch content {
        case .scalar: 0
        case .sequence(let nodes): 1 + (nodes.lazy.map(\.height).max() ?? -1)
        case .mapping(let members): 1 + (members.lazy.map(\.value.height).max() ?? -1)
        }
    }
}
