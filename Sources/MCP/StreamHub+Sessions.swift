import Base
import Synchronization

/// What a session's requests have to do with each other.
extension StreamHub {
    /// Whether this replica does anything for a session.
    func serves(_ session: SessionKey) -> Bool { state.withLock { $0.sessions[session] != nil } }

    /// Notes a call under way, so that the client can cancel it. False when the session has too many; then it runs without.
    @discardableResult
    func begin(_ request: RequestID, of session: SessionKey, cancel: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            state.update(session) { live in
                guard live.running.count < Self.maximumPerSession, live.running[request] == nil else { return false }
                live.running[request] = cancel
                return true
            }
        }
    }

    func finish(_ request: RequestID, of session: SessionKey) {
        state.withLock { $0.update(session) { $0.running[request] = nil } }
    }

    /// False when no such call is under way here.
    func cancel(_ request: RequestID, of session: SessionKey) -> Bool {
        let cancel = state.withLock { $0.update(session) { $0.running.removeValue(forKey: request) } }
        cancel?()
        return cancel != nil
    }

    /// Waits for the client's answer to a request of ours.
    ///
    /// - Parameter ask: sends the request; called when the answer can be received.
    func answer(
        to question: String, in session: SessionKey, _ ask: @Sendable () -> Void
    ) async throws -> JSONObject {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isTaken = state.withLock { state in
                    state.update(session) { live in
                        guard live.asked.count < Self.maximumPerSession, !Task.isCancelled else { return false }
                        live.asked[question] = continuation
                        return true
                    }
                }
                if isTaken { ask() } else { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            take(question, in: session)?.resume(throwing: CancellationError())
        }
    }

    /// False when nobody here waits for this answer.
    func take(_ response: JSONRPCResponse, in session: SessionKey) -> Bool {
        guard case .string(let question) = response.id, let asked = take(question, in: session) else { return false }
        switch response.outcome {
        case .result(let result): asked.resume(returning: result)
        case .error(let message): asked.resume(throwing: UnansweredQuestion(description: message))
        }
        return true
    }

    /// Who takes the client's messages here; nil: nobody any more.
    func talk(with session: SessionKey, _ take: (@Sendable (JSONValue) -> Void)?) {
        state.withLock { $0.update(session) { $0.take = take } }
    }

    /// False when nobody here takes them.
    func hand(_ message: JSONValue, to session: SessionKey) -> Bool {
        guard let take = state.withLock({ $0.sessions[session]?.take }) else { return false }
        take(message)
        return true
    }

    /// Takes what came from a replica, when this one works for the session.
    func receive(_ letter: SessionLetter, for session: SessionKey, _ storage: any SessionStorage) async {
        guard serves(session) else { return }
        switch letter {
        case .noteChanged:
            if let note = try? await storage.note(of: session) { heed(note, of: session) }
        case .message(let value):
            guard !hand(value, to: session), let message = try? JSONRPCMessage(value) else { return }
            switch message {
            case .response(let response): _ = take(response, in: session)
            case .notification("notifications/cancelled", let params):
                if let id = params["requestId"].flatMap(RequestID.init) { _ = cancel(id, of: session) }
            case .notification, .request: break
            }
        }
    }

    private func take(_ question: String, in session: SessionKey) -> CheckedContinuation<JSONObject, any Error>? {
        state.withLock { $0.update(session) { $0.asked.removeValue(forKey: question) } }
    }

    /// Goes by what was noted of a session: ends what an ended one has here, and tells of the resources that it subscribed to.
    func heed(_ note: SessionNote, of session: SessionKey) {
        guard note.isEnded else {
            state.withLock { state in
                guard let stream = state.sessions[session]?.stream else { return }
                state.streams[stream]?.interest.uris = note.resources
            }
            return
        }
        let (channel, calls) = state.withLock { state -> (EventChannel?, [@Sendable () -> Void]) in
            guard let live = state.sessions[session] else { return (nil, []) }
            return (live.stream.flatMap { state.streams[$0]?.channel }, Array(live.running.values))
        }
        for cancel in calls { cancel() }
        channel?.end()
    }
}
