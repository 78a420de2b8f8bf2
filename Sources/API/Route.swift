internal import Actions
internal import HTTPServer

/// A path pattern with what answers there. A segment that begins with `:` takes any value; `*` at the end takes any
/// further segments, also none.
struct Route: Sendable {
    /// Finds what is at hand without doing anything; what it gives writes the answer, once the request is let in.
    typealias Immediate = @Sendable (RouteRequest) throws -> (() -> HTTPServerResponse)?
    typealias Handler = @Sendable (RouteRequest) async throws -> HTTPServerResponse

    /// From where it may be asked.
    enum Reach: Sendable {
        /// Under the host names and from the pages that are configured.
        case listed
        /// From any page: a document that everybody may know.
        case everyPage
        /// Under any name, as probes and scrapers do, who ask for addresses.
        case everyName
    }

    let methods: Set<String>
    let pattern: String
    /// Whether it answers without credentials.
    let isOpen: Bool
    let reach: Reach
    let handler: Handler
    /// Gives an answer that is at hand, without waiting for anything; nil, and every error: the handler is to be asked.
    let immediate: Immediate?
    private let segments: [String]
    /// Whether longer paths are meant too.
    private let isPrefix: Bool

    init(
        _ pattern: String, methods: Set<String> = ["GET"], isOpen: Bool = false, reach: Reach = .listed,
        immediate: Immediate? = nil, _ handler: @escaping Handler
    ) {
        self.methods = methods.contains("GET") ? methods.union(["HEAD"]) : methods
        self.pattern = pattern
        self.isOpen = isOpen
        self.reach = reach
        self.handler = handler
        self.immediate = immediate
        let segments = pattern.split(separator: "/").map(String.init)
        isPrefix = segments.last == "*"
        self.segments = isPrefix ? segments.dropLast() : segments
    }

    /// How many of the pattern's segments are no parameters.
    var literalCount: Int { segments.count { !$0.hasPrefix(":") } }

    /// The values of the pattern's parameters; nil when the path is another.
    func parameters(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count || isPrefix && path.count > segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, value) in zip(segments, path) {
            if segment.hasPrefix(":") {
                parameters[String(segment.dropFirst())] = value
            } else if segment != value {
                return nil
            }
        }
        return parameters
    }
}

/// A request that found its route, with who sent it.
struct RouteRequest: Sendable {
    let http: HTTPServerRequest
    let parameters: [String: String]
    /// Nobody in particular at an open route; such a caller has no permission at all.
    let caller: Caller

    subscript(parameter: String) -> String { parameters[parameter] ?? "" }

    /// A whole number of the query; nil when it is not there.
    ///
    /// - Throws: `ActionError` in Backstage's words.
    func integer(_ name: String, atLeast minimum: Int) throws(ActionError) -> Int? {
        guard let text = http.queryValue(name) else { return nil }
        guard let value = Int(text) else { throw ActionError(.input, "request/query/\(name) must be integer") }
        guard value >= minimum else { throw ActionError(.input, "request/query/\(name) must be >= \(minimum)") }
        return value
    }
}
