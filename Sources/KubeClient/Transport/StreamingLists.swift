internal import Base

/// Whether a server can stream lists (`sendInitialEvents`, KEP-3157); learned for all informers of a client.
actor StreamingLists {
    /// Servers before 1.27 ignore the parameter: they would send the objects and never say that these are all.
    private static let firstMinorVersion = 27

    /// As many streams that fell silent one after the other are no accident.
    private static let maximumSilences = 3
    /// By then the server may have been upgraded, or what stands before it mended.
    static let askedAgainAfter: Duration = .seconds(3600)

    private enum Knowledge {
        case nothing, possible
        case impossible(until: Duration)
    }

    private let elapsed: @Sendable () -> Duration
    private var knowledge = Knowledge.nothing
    private var silences = 0
    private let asking = SharedWork<Bool>()

    init(clock: some Clock<Duration>) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
    }

    /// False when the server is too old or has refused. After a while it is asked again.
    ///
    /// - Throws: `KubernetesError` when the server does not answer; `CancellationError`.
    func isWorthTrying(with client: KubernetesClient) async throws -> Bool {
        if let known { return known }
        return try await asking.value { await self.learn(try await Self.ask(client)) }
    }

    /// The server has refused to stream.
    func refuse() { (knowledge, silences) = (.impossible(until: elapsed() + Self.askedAgainAfter), 0) }

    /// A stream did not say where the list ends. Once that may be the network or a busy server.
    func fellSilent() {
        silences += 1
        if silences >= Self.maximumSilences { refuse() }
    }

    /// A streamed list was complete.
    func succeeded() { silences = 0 }

    private var known: Bool? {
        switch knowledge {
        case .possible: true
        case .impossible(let until) where elapsed() < until: false
        case .impossible, .nothing: nil
        }
    }

    private func learn(_ answer: Bool) -> Bool {
        // A refusal may have come meanwhile.
        if let known { return known }
        if answer { knowledge = .possible } else { refuse() }
        return answer
    }

    private static func ask(_ client: KubernetesClient) async throws -> Bool {
        do {
            return isNewEnough(try await client.get("/version"))
        } catch let error as KubernetesError where [.notFound, .forbidden, .undecodable].contains(error.code) {
            // A server that does not say how old it is, is treated as old.
            return false
        }
    }

    /// Versions such as `1` and `28+`.
    static func isNewEnough(_ version: JSONValue) -> Bool {
        guard let major = number(version["major"]), let minor = number(version["minor"]) else { return false }
        return (major, minor) >= (1, firstMinorVersion)
    }

    private static func number(_ value: JSONValue?) -> Int? {
        guard let text = value?.stringValue else { return nil }
        return Int(text.prefix { ("0"..."9").contains($0) })
    }
}
