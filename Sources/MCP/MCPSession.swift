import Base

/// A session of a client of the older revisions. Its id says everything that `initialize` agreed on and is signed, so that any
/// replica can serve it without having seen it before.
///
/// An id is `version.capabilities.expiry.nonce.signature`. The signature is also over whose the session is: to anybody else it
/// is as unknown as an invented one. An id is no authentication: every request has its own.
struct MCPSession: Hashable, Sendable {
    let id: String
    let version: ProtocolVersion
    let client: ClientCapabilities
    /// Seconds since 1970.
    let expiry: Int64

    /// Names the session where its id should not stand: in the database and between replicas.
    var key: SessionKey { SessionKey(of: id) }
}

/// A digest of a session's id.
package struct SessionKey: Hashable, Sendable {
    /// 32 hexadecimal digits.
    package let text: String

    init(of id: String) { text = Hex.encode(sha256(Array(id.utf8)).prefix(16)) }

    /// A key as it was stored.
    package init(text: String) { self.text = text }
}

/// Makes and reads the ids of sessions.
struct SessionIssuer: Sendable {
    private static let purpose = "mcp-session"
    /// How long a session may last. A client that is told that it is over opens another.
    static let lifetime: Int64 = 7 * 86_400

    let keys: KeyRing
    /// The server that the sessions are with; ids of another one are unknown here.
    let server: String
    /// Seconds since 1970.
    let now: @Sendable () -> Int64

    /// - Parameter nonce: 16 random bytes.
    func open(
        _ version: ProtocolVersion, _ client: ClientCapabilities, for subject: String,
        nonce: [UInt8] = randomBytes(16)
    ) -> MCPSession {
        let expiry = now() + Self.lifetime
        let claims = [
            version.rawValue, client.letters, String(expiry, radix: 36), Base64.encode(nonce, alphabet: .urlSafe),
        ].joined(separator: ".")
        let signature = keys.sign(signed(claims, subject), for: Self.purpose)
        let id = claims + "." + Base64.encode(signature, alphabet: .urlSafe)
        return MCPSession(id: id, version: version, client: client, expiry: expiry)
    }

    /// Nil when the id is not one of ours, has expired, or is somebody else's.
    func read(_ id: String, of subject: String) -> MCPSession? {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard id.utf8.count <= 256, parts.count == 5,
            let signature = Base64.decode(parts[4], alphabet: .urlSafe),
            keys.verify(
                signature, of: signed(parts[..<4].joined(separator: "."), subject), for: Self.purpose),
            let version = ProtocolVersion(rawValue: parts[0]), let expiry = Int64(parts[2], radix: 36), expiry > now()
        else { return nil }
        return MCPSession(id: id, version: version, client: ClientCapabilities(letters: parts[1]), expiry: expiry)
    }

    /// What goes before the last zero byte has none, whatever the subject is.
    private func signed(_ claims: String, _ subject: String) -> [UInt8] {
        Array(claims.utf8) + [0] + Array(server.utf8) + [0] + Array(subject.utf8)
    }
}

/// What a client can be asked in the middle of a request.
package struct ClientCapabilities: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let sampling = ClientCapabilities(rawValue: 1)
    package static let roots = ClientCapabilities(rawValue: 2)
    /// To fill in a form.
    package static let elicitation = ClientCapabilities(rawValue: 4)

    /// Reads the object that a client declares; an `elicitation` without modes means the form.
    init(_ declared: JSONValue?) {
        var all: ClientCapabilities = []
        if declared?["sampling"]?.objectValue != nil { all.insert(.sampling) }
        if declared?["roots"]?.objectValue != nil { all.insert(.roots) }
        if let modes = declared?["elicitation"]?.objectValue, modes.isEmpty || modes["form"] != nil {
            all.insert(.elicitation)
        }
        self = all
    }

    /// What has to be declared for a request of this method; nil: the protocol has no such request.
    init?(needed method: String) {
        switch method {
        case "sampling/createMessage": self = .sampling
        case "roots/list": self = .roots
        case "elicitation/create": self = .elicitation
        default: return nil
        }
    }

    private static let names: [(letter: Character, capability: ClientCapabilities)] = [
        ("s", .sampling), ("r", .roots), ("e", .elicitation),
    ]

    fileprivate var letters: String { String(Self.names.filter { contains($0.capability) }.map(\.letter)) }

    fileprivate init(letters: String) {
        self = ClientCapabilities(Self.names.filter { letters.contains($0.letter) }.map(\.capability))
    }
}
