internal import Base

/// A value that comes from files. It is read again after a while and when it turned out not to serve; while it cannot be
/// read, the old one serves on and a warning says why.
actor RereadValue<Value: Sendable & Equatable> {
    typealias Reading = @Sendable () throws(ConfigurationError) -> Value

    private let name: String
    private let period: Duration
    private let elapsed: @Sendable () -> Duration
    private let logger: Logger
    private let read: Reading
    private var value: Value?
    private var readAgainAt: Duration
    /// A blocked thread cannot be stopped, and there must not be more and more of them.
    private let reading = SharedWork<Void>(isGivenUp: false)
    /// What was wrong the last time, so that it is not said each time.
    private var problem: String?

    /// - Parameters:
    ///   - name: what is read, for the log.
    ///   - value: serves until the files were read; nil: there is none yet.
    ///   - isFresh: whether `value` was just read.
    ///   - read: blocks; called on a thread of its own.
    init(
        _ name: String, value: Value?, isFresh: Bool, period: Duration, clock: some Clock<Duration>, logger: Logger,
        read: @escaping Reading
    ) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        self.name = name
        self.value = value
        self.period = period
        self.logger = logger
        self.read = read
        readAgainAt = isFresh ? period : .zero
    }

    /// The value to use now; nil while there has never been one. A task that is cancelled gets the old one.
    func current() async -> Value? {
        guard value == nil || elapsed() >= readAgainAt else { return value }
        // Those who come while it is read wait for the same reading.
        try? await reading.value {
            let fresh = await self.readNow()
            await self.keep(fresh)
        }
        return value
    }

    private func keep(_ fresh: Value?) {
        if let fresh { value = fresh }
        readAgainAt = elapsed() + period
    }

    /// This value did not serve: unless it has been replaced meanwhile, it is read again before the next use.
    func refuse(_ refused: Value?) {
        if refused == value { readAgainAt = .zero }
    }

    private func readNow() async -> Value? {
        let read = read
        do throws(ConfigurationError) {
            let fresh = try await onOwnThread("credentials") { () throws(ConfigurationError) in try read() }
            problem = nil
            return fresh
        } catch {
            if problem != error.description {
                logger.warning(
                    "the \(name) cannot be read again; \(value == nil ? "there is none" : "the old one serves on")",
                    ["error": .string(error.description)])
            }
            problem = error.description
            return nil
        }
    }
}
