import Base
import Synchronization

/// What a session's requests have to do with each other.
extension StreamHub {
    /// Whether this replica does anything for a session.
    func serves(_ session: SessionKey) -> Bool { state.withLock { $0.sessions[session] != nil } }

    /// The sessions that this replica does something for.
    var served: [SessionKey] { state.withLock { Array($0.sessions.keys) } }

    /// Notes a call under way, so that the client can cancel it.
    ///
    /// - Returns: its number, for ``finish(_:_:of:)``; nil when the session has too many, or one of this id.
    func begin(_ request: RequestID, of session: SessionKey, cancel: @escaping @Sendable () -> Void) -> Int? {
        state.withLock { state in
            state.lastID += 1
            let call = RunningCall(number: state.lastID, cancel: cancel)
            return state.update(session) { live in
                guard live.running.count < Self.maximumPerSession, live.running[request] == nil else { return nil }
                live.running[request] = call
                return call.number
            }
        }
    }

    /// Forgets a call, and no later one of the same id.
    func finish(_ request: RequestID, _ number: Int, of session: SessionKey) {
        state.withLock {
            $0.update(session) { if $0.running[request]?.number == number { $0.running[request] = nil } }
        }
    }

    /// False when no such call is under way here.
    func cancel(_ request: RequestID, of session: SessionKey) -> Bool {
        let call = state.withLock { $0.update(session) { $0.running.removeValue(forKey: request) } }
        call?.cancel()
        return call != nil
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

    /// Has somebody take the client's messages here; nil: nobody any more.
    func converse(in session: SessionKey, _ conversation: (any SessionConversation)?) {
        state.withLock { $0.update(session) { $0.conversation = conversation } }
    }

    /// Who takes them here; then nobody elsewhere does.
    func conversation(in session: SessionKey) -> (any SessionConversation)? {
        state.withLock { $0.sessions[session]?.conversation }
    }

    /// Takes what came from a replica, when this one works for the session.
    func receive(_ letter: SessionLetter, for session: SessionKey, _ storage: any SessionStorage) async {
        guard serves(session) else { return }
        switch letter {
        case .noteChanged:
            // Until nothing changed since: somebody else may have read later and heeded sooner.
            var heeded: SessionNote?
            while let note = try? await storage.note(of: session), note != heeded {
                heed(note, of: session)
                heeded = note
            }
        case .message(let value):
            if let conversation = conversation(in: session) { return conversation.take(value) }
            guard let message = try? JSONRPCMessage(value) else { return }
            switch message {
            case .response(let response): _ = take(response, in: session)
            case .notification("notifications/cancelled", let params):
                if let id = params["requestId"].flatMap(RequestID.init) { _ = cancel(id, of: session) }
            case .notification(let method, let params): _ = takeResumption(method, params, of: session, storage)
            case .request: break
            }
        }
    }

    private func take(_ question: String, in session: SessionKey) -> CheckedContinuation<JSONObject, any Error>? {
        state.withLock { $0.update(session) { $0.asked.removeValue(forKey: question) } }
    }

    /// Tells of a resource before it is noted that the session subscribed to it, so that no change after that goes by.
    ///
    /// - Returns: whether it was not told of before.
    func listen(to uri: String, in session: SessionKey) -> Bool {
        state.withLock { state in
            guard let number = state.sessions[session]?.stream, let stream = state.streams[number],
                stream.mayHear(uri), stream.interest.uris.count < SessionChange.maximumResources
            else { return false }
            return state.streams[number]?.interest.uris.insert(uri).inserted ?? false
        }
    }

    /// Takes that back: it could not be noted.
    func ignore(_ uri: String, in session: SessionKey) {
        state.withLock { state in
            guard let number = state.sessions[session]?.stream else { return }
            state.streams[number]?.interest.uris.remove(uri)
        }
    }

    /// Tells of the resources that the session subscribed to, as it was noted. One that it subscribed to elsewhere is told as
    /// changed at once: between the note and now it may have been.
    private func listen(to uris: Set<String>, in session: SessionKey) {
        let (channel, missed) = state.withLock { state -> (EventChannel?, [JSONValue]) in
            guard let number = state.sessions[session]?.stream, let stream = state.streams[number] else {
                return (nil, [])
            }
            let uris = uris.filter(stream.mayHear)
            state.streams[number]?.interest.uris = uris
            return (stream.channel, uris.subtracting(stream.interest.uris).sorted().map(stream.interest.updated))
        }
        for message in missed { channel?.send(message) }
    }

    /// Goes by what was noted of a session: ends what an ended one has here, and tells of the resources that it subscribed to.
    func heed(_ note: SessionNote, of session: SessionKey) {
        guard note.isEnded else { return listen(to: note.resources, in: session) }
        let (channels, calls) = state.withLock { state -> ([EventChannel], [@Sendable () -> Void]) in
            guard let live = state.sessions[session] else { return ([], []) }
            let stream = live.stream.flatMap { state.streams[$0]?.channel }
            let rests = Array(live.kept.values) + live.expected.values.map(\.channel)
            state.update(session) { $0.kept = [:] }
            return ((stream.map { [$0] } ?? []) + rests, live.running.values.map(\.cancel))
        }
        for cancel in calls { cancel() }
        for channel in channels { channel.end() }
    }
}
