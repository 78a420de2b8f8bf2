import Base

/// What the rounds of one request hand to each other through the client (2026-07-28). The client is not trusted with it: it is
/// sealed, ends after a while, and belongs to one principal, method and set of arguments.
struct RequestState {
    private static let purpose = "mcp-request-state"
    /// How long somebody may take to answer, in seconds.
    static let lifetime: Int64 = 3_600

    let keys: KeyRing
    /// Seconds since 1970.
    let now: Int64
    /// Whose request of what this is.
    let binding: String

    init(keys: KeyRing, now: Int64, subject: String, request: JSONRPCRequest) {
        self.keys = keys
        self.now = now
        let parts: JSONValue = [
            .string(subject), .string(request.method), request.params["name"] ?? .null,
            request.params["arguments"] ?? .null, request.params["uri"] ?? .null,
        ]
        binding = sha256Hex(parts.serialized())
    }

    func seal(_ state: JSONValue) -> String {
        let content: JSONValue = ["state": state, "until": .int(now + Self.lifetime), "of": .string(binding)]
        return Base64.encode(keys.seal(content.serialized(), for: Self.purpose), alphabet: .urlSafe)
    }

    /// - Throws: -32602 for what was not sealed here, for this request, lately.
    func open(_ text: String) throws(ProtocolError) -> JSONValue {
        guard let sealed = Base64.decode(text, alphabet: .urlSafe),
            let bytes = keys.open(sealed, for: Self.purpose), let content = try? JSONValue(parsing: bytes),
            content["of"] == .string(binding), let until = content["until"]?.intValue, until > now,
            let state = content["state"]
        else { throw .invalidParams("requestState is not one that this server gave for this request, or has expired") }
        return state
    }
}
