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

    /// Has what another replica kept come out of a channel here, and no more out of an earlier one: its reader came again.
    func expect(_ name: String, of session: SessionKey, _ channel: EventChannel) -> Bool {
        let (isExpected, earlier) = state.withLock { state in
            state.update(session) { live -> (Bool, EventChannel?) in
                guard live.expected.count < Self.maximumPerSession else { return (false, nil) }
                let earlier = live.expected.updateValue(ExpectedAnswer(channel: channel), forKey: name)
                return (true, earlier?.channel)
            }
        }
        earlier?.endNow()
        return isExpected
    }

    func expectNoMore(_ name: String, of session: SessionKey, _ channel: EventChannel) {
        state.withLock { state in
            state.update(session) { live in
                if live.expected[name]?.channel === channel { live.expected[name] = nil }
            }
        }
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
            let events = params["events"]?.stringValue.flatMap { Base64.decode($0) }
            guard let (channel, whole) = take(events, params["piece"]?.intValue, of: name, session) else { return true }
            if !whole.isEmpty { channel.send(written: whole) }
            if events == nil { channel.end() }
        default: return false
        }
        return true
    }

    /// Who waits for this piece, as letters may be read twice, and what is whole with it.
    private func take(
        _ events: [UInt8]?, _ piece: Int64?, of name: String, _ session: SessionKey
    ) -> (EventChannel, [UInt8])? {
        state.withLock { state in
            guard var expected = state.sessions[session]?.expected[name], expected.pieces == piece else { return nil }
            expected.pieces += 1
            expected.held += events ?? []
            let isWhole = expected.held.suffix(2) == [10, 10]
            let whole = isWhole ? expected.held : []
            if isWhole { expected.held = [] }
            state.sessions[session]?.expected[name] = expected
            return (expected.channel, whole)
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
