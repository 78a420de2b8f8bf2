import Base
import Synchronization

/// What ids of events begin with, so that a client that has lost a stream can say which one (`Last-Event-ID`).
enum StreamName: Equatable {
    /// A session's stream for what belongs to no request.
    case session
    /// The rest of a call's answer, by its name.
    case answer(String)

    /// A name for a stream; random, for a session may have streams at several replicas.
    static func ofSession() -> String { "s" + Hex.encode(randomBytes(6)) }
    static func ofAnswer() -> String { "a" + Hex.encode(randomBytes(6)) }

    /// Nil for what is no id of ours, which says nothing.
    init?(eventID: String) {
        let parts = eventID.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 13, UInt(parts[1]) != nil else { return nil }
        switch parts[0].first {
        case "s": self = .session
        case "a": self = .answer(String(parts[0]))
        default: return nil
        }
    }
}

/// Answers whose streams have ended before them: kept here until the client comes for them, to whichever replica.
extension StreamHub {
    static let resume = "callboard/resume"
    private static let resumed = "callboard/resumed"
    /// Of an answer, in one letter.
    private static let pieceBytes = 128 << 10

    /// Keeps what is sent on a channel for whoever asks for it by its name.
    ///
    /// - Returns: false when the session has too many already.
    func keep(_ rest: EventChannel, _ name: String, of session: SessionKey, for time: Duration) -> Bool {
        let isKept = state.withLock { state in
            state.update(session) { live in
                guard live.kept.count < Self.maximumPerSession else { return false }
                live.kept[name] = rest
                return true
            }
        }
        guard isKept else { return false }
        Task { [weak self, clock] in
            try? await clock.sleep(for: time)
            self?.takeKept(name, of: session)?.end()
        }
        return true
    }

    /// What was kept, for one reader; nil when it is not here, or no more.
    func takeKept(_ name: String, of session: SessionKey) -> EventChannel? {
        state.withLock { $0.update(session) { $0.kept.removeValue(forKey: name) } }
    }

    /// Has what another replica kept come out of a channel here.
    func expect(_ name: String, of session: SessionKey, _ channel: EventChannel) -> Bool {
        state.withLock { state in
            state.update(session) { live in
                guard live.expected.count < Self.maximumPerSession else { return false }
                live.expected[name] = (channel, 0)
                return true
            }
        }
    }

    func expectNoMore(_ name: String, of session: SessionKey) {
        state.withLock { $0.update(session) { $0.expected[name] = nil } }
    }

    /// Takes what replicas tell each other of such answers.
    ///
    /// - Returns: whether that is what it was.
    func takeResumption(
        _ method: String, _ params: JSONObject, of session: SessionKey, _ storage: any SessionStorage
    ) -> Bool {
        guard let name = params["stream"]?.stringValue else { return false }
        switch method {
        case Self.resume:
            guard let rest = takeKept(name, of: session) else { return true }
            Task { await Self.hand(over: rest, name, of: session, storage) }
        case Self.resumed:
            guard let channel = expecting(name, of: session, params["piece"]?.intValue) else { return true }
            guard let events = params["events"]?.stringValue.flatMap({ Base64.decode($0) }) else {
                channel.end()
                return true
            }
            channel.send(written: events)
        default: return false
        }
        return true
    }

    /// Who waits for this piece: letters may be read twice.
    private func expecting(_ name: String, of session: SessionKey, _ piece: Int64?) -> EventChannel? {
        state.withLock { state in
            guard let expected = state.sessions[session]?.expected[name], expected.pieces == piece else { return nil }
            state.sessions[session]?.expected[name]?.pieces += 1
            return expected.channel
        }
    }

    /// Sends the events piece by piece, then a piece without any.
    private static func hand(
        over rest: EventChannel, _ name: String, of session: SessionKey, _ storage: any SessionStorage
    ) async {
        var number: Int64 = 0
        func send(_ events: ArraySlice<UInt8>?) async throws {
            var params: JSONObject = ["stream": .string(name), "piece": .int(number)]
            params["events"] = events.map { .string(Base64.encode(Array($0))) }
            try await storage.send(.message(.notification(resumed, params)), to: session)
            number += 1
        }
        // What cannot be handed over ends here; the client's wait ends by itself.
        defer { rest.end() }
        do {
            while let events = await rest.next() {
                for start in stride(from: 0, to: events.count, by: pieceBytes) {
                    try await send(events[start..<min(start + pieceBytes, events.count)])
                }
            }
            try await send(nil)
        } catch {}
    }
}
