internal import Base
internal import MCP
internal import Store

/// Sessions of MCP that all replicas share through the database.
struct MCPSessions: SessionStorage {
    let store: SessionStore

    func note(of session: SessionKey) async throws -> SessionNote {
        guard let stored = try await store.session(session.text) else { return SessionNote() }
        var note = SessionNote()
        note.isEnded = stored.isEnded
        note.level = stored.logLevel
        note.resources = Set(stored.resources)
        return note
    }

    func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64) async throws {
        let isNoted = try await store.note(
            change.stored, of: session.text, subject: subject, until: Timestamp(seconds: expiry))
        if !isNoted { throw TooManySessions() }
    }

    func send(_ letter: SessionLetter, to session: SessionKey) async throws {
        guard case .message(let message) = letter else { return }
        try await store.send(message, to: session.text)
    }
}

extension SessionChange {
    fileprivate var stored: SessionStore.Change {
        switch self {
        case .end: .end
        case .level(let level): .logLevel(level)
        case .subscribe(let uri): .subscribe(uri)
        case .unsubscribe(let uri): .unsubscribe(uri)
        }
    }
}

extension MCPServer {
    /// Heeds what other replicas did.
    func heed(_ news: SessionNews, _ store: SessionStore) async {
        switch news {
        case .anything: await recheck()
        case .accessEnded: break
        case .noted(let key): await receive(.noteChanged, for: SessionKey(text: key))
        case .letter(let id, let key):
            let session = SessionKey(text: key)
            guard serves(session), let message = try? await store.letter(id) else { return }
            await receive(.message(message), for: session)
        }
    }
}
