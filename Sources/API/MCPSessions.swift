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
        guard try await store.send(message, to: session.text) else { throw TooManyLetters() }
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
        case .anything:
            // Access may have ended unheard.
            endExpiringStreams()
            await recheck()
            for session in served {
                for id in (try? await store.letters(to: session.text)) ?? [] { await take(id, for: session, store) }
            }
        case .accessEnded: endExpiringStreams()
        case .noted(let key): await receive(.noteChanged, for: SessionKey(text: key))
        case .letter(let id, let key): await take(id, for: SessionKey(text: key), store)
        }
    }

    /// A request is run once, by the replica that holds the stream of its session. What ends or answers a call is for
    /// whichever replica runs it, so all that work for the session read it; to heed it twice does nothing.
    private func take(_ id: Int64, for session: SessionKey, _ store: SessionStore) async {
        guard serves(session) else { return }
        let isOurs = converses(in: session)
        guard let message = try? await isOurs ? store.takeLetter(id) : store.letter(id) else { return }
        await receive(.message(message), for: session)
    }
}
