package import Base

/// What replicas share about sessions, so that a client may come to any of them.
package protocol SessionStorage: Sendable {
    /// What was noted of a session; the empty note when nothing was.
    func note(of session: SessionKey) async throws -> SessionNote

    /// Notes something, and lets every replica know that the note changed (``SessionLetter/noteChanged``).
    ///
    /// - Throws: ``TooManySessions`` when the subject has too much noted.
    func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64) async throws

    /// Hands a message to every replica, also to this one, through `MCPServer.receive(_:for:)`.
    ///
    /// - Throws: ``TooManyLetters``.
    func send(_ letter: SessionLetter, to session: SessionKey) async throws
}

/// What a session's id cannot say, because it happened later.
package struct SessionNote: Hashable, Sendable {
    package var isEnded = false
    /// What `logging/setLevel` said.
    package var level: String?
    /// The resources that the client wants to hear of.
    package var resources: Set<String> = []

    /// Nothing.
    package init() {}

    /// A note without what is given up, such as the resources of an ended session.
    package mutating func apply(_ change: SessionChange) {
        switch change {
        case .end:
            self = SessionNote()
            isEnded = true
        case .level(let level): self.level = level
        case .subscribe(let uri): resources.insert(uri)
        case .unsubscribe(let uri): resources.remove(uri)
        }
    }
}

/// Something that happens to a session.
package enum SessionChange: Hashable, Sendable {
    case end
    case level(String)
    case subscribe(String)
    case unsubscribe(String)

    /// The most resources that one session may listen to.
    package static let maximumResources = 256
    /// How long the URI of one may be.
    package static let maximumURIBytes = 2_048
}

/// Something for whichever replica works for a session.
package enum SessionLetter: Hashable, Sendable {
    /// The note is to be read anew.
    case noteChanged
    /// A JSON-RPC message that the session's client posted elsewhere.
    case message(JSONValue)

    /// How long a message may be that goes from one replica to another, through the database.
    package static let maximumBytes = 256 << 10
}

/// A principal keeps more sessions in mind than it may.
package struct TooManySessions: Error {
    package init() {}
}

/// As many messages of a session wait as may.
package struct TooManyLetters: Error {
    package init() {}
}

/// The storage of a program that has no other replicas.
actor LocalSessions: SessionStorage {
    /// Of all principals; the oldest go.
    private static let maximum = 10_000
    private var notes: [SessionKey: SessionNote] = [:]
    private var order: [SessionKey] = []
    private let hub: StreamHub

    init(hub: StreamHub) { self.hub = hub }

    func note(of session: SessionKey) -> SessionNote { notes[session] ?? SessionNote() }

    func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64) async {
        if notes[session] == nil { order.append(session) }
        notes[session, default: SessionNote()].apply(change)
        if order.count > Self.maximum { notes[order.removeFirst()] = nil }
        await hub.receive(.noteChanged, for: session, self)
    }

    func send(_ letter: SessionLetter, to session: SessionKey) async { await hub.receive(letter, for: session, self) }
}
