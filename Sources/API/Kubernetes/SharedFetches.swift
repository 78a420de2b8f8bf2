internal import Base
internal import KubeClient

/// What is asked of a cluster's API server, always by GET.
struct FetchKey: Hashable, Sendable {
    /// Told apart by identity: a cluster whose configuration changes gets another client.
    let client: KubernetesClient
    let path: String
    /// In the notation of `kubectl -l`; nil: none.
    let labelSelector: String?

    static func == (left: Self, right: Self) -> Bool {
        left.client === right.client && left.path == right.path && left.labelSelector == right.labelSelector
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(client))
        hasher.combine(path)
        hasher.combine(labelSelector)
    }
}

/// Asks API servers, each thing once for all who want it at the same time, and keeps the answers for a short time. What
/// nobody waits for any more is cancelled.
actor SharedFetches<Value: Sendable> {
    typealias Outcome = Result<Value, FetchFailure>

    /// How an answer was come by, for the metric.
    enum Source: String { case cached, shared, fetched }

    private var plan: FlightPlan<FetchKey, ObjectIdentifier>
    private var memory: ShortMemory<FetchKey, Outcome>
    private var waiting: [Int: CheckedContinuation<Outcome, any Error>] = [:]
    private var flying: [Int: (key: FetchKey, task: Task<Void, Never>)] = [:]
    private var lastWaiter = 0
    private var isSweeping = false
    private let lifetime: Duration
    private let time: PassingTime
    private let fetch: @Sendable (FetchKey) async throws -> Value
    private let cost: @Sendable (Value) -> Int
    private let observe: @Sendable (Source) -> Void

    /// - Parameters:
    ///   - width: how many requests are sent to one API server at a time.
    ///   - lifetime: how long an answer is given again.
    ///   - limit: of the costs of all kept answers.
    ///   - cost: of keeping an answer, in bytes.
    ///   - fetch: asks. It must end soon after its task is cancelled.
    init(
        width: Int, lifetime: Duration, limit: Int, time: PassingTime,
        observe: @escaping @Sendable (Source) -> Void = { _ in }, cost: @escaping @Sendable (Value) -> Int,
        fetch: @escaping @Sendable (FetchKey) async throws -> Value
    ) {
        plan = FlightPlan(width: width)
        memory = ShortMemory(lifetime: lifetime, limit: limit)
        self.lifetime = lifetime
        self.time = time
        self.observe = observe
        self.cost = cost
        self.fetch = fetch
    }

    /// What the kept answers cost.
    var keptCost: Int {
        memory.prune(at: time.now())
        return memory.cost
    }

    /// Whether nobody waits and nothing is under way.
    var isIdle: Bool { plan.isEmpty && waiting.isEmpty && flying.isEmpty }

    /// The answer.
    ///
    /// - Throws: `CancellationError` at once when the calling task is cancelled, and nothing else.
    func outcome(of key: FetchKey) async throws -> Outcome {
        if let kept = memory.value(key, at: time.now()) {
            observe(.cached)
            return kept
        }
        lastWaiter += 1
        let waiter = lastWaiter
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // Who is cancelled from here on is found in `waiting` by `leave`, which waits for its turn.
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                waiting[waiter] = continuation
                let (isShared, actions) = plan.join(waiter, key, lane: ObjectIdentifier(key.client))
                observe(isShared ? .shared : .fetched)
                perform(actions)
            }
        } onCancel: {
            Task { await self.leave(waiter) }
        }
    }

    /// The next who wants this asks anew.
    func forget(_ key: FetchKey) { memory.forget(key) }

    private func leave(_ waiter: Int) {
        guard let continuation = waiting.removeValue(forKey: waiter) else { return }
        perform(plan.leave(waiter))
        continuation.resume(throwing: CancellationError())
    }

    private func perform(_ actions: [FlightPlan<FetchKey, ObjectIdentifier>.Action]) {
        for action in actions {
            switch action {
            case .start(let flight, let key):
                let task = Task { [fetch] in
                    do {
                        land(flight, .success(try await fetch(key)))
                    } catch {
                        land(flight, .failure(FetchFailure(error, path: key.path)))
                    }
                }
                flying[flight] = (key, task)
            case .cancel(let flight): flying[flight]?.task.cancel()
            }
        }
    }

    private func land(_ flight: Int, _ outcome: Outcome) {
        let key = flying.removeValue(forKey: flight)?.key
        let (waiters, actions) = plan.finish(flight)
        if let key, !waiters.isEmpty { keep(outcome, for: key) }
        for waiter in waiters { waiting.removeValue(forKey: waiter)?.resume(returning: outcome) }
        perform(actions)
    }

    /// What the server answered is kept, also a refusal, which costs it as much as an answer. That there was no answer
    /// is not: the next who asks may have more luck.
    private func keep(_ outcome: Outcome, for key: FetchKey) {
        switch outcome {
        case .success(let value): memory.keep(outcome, for: key, cost: cost(value), at: time.now())
        case .failure(let failure):
            guard case .refused = failure.cause else { return }
            memory.keep(outcome, for: key, cost: failure.path.utf8.count + failure.detail.utf8.count, at: time.now())
        }
        sweepLater()
    }

    /// Lets go what has ended also when nobody asks any more.
    private func sweepLater() {
        guard !isSweeping, !memory.isEmpty else { return }
        isSweeping = true
        Task {
            try? await time.sleep(lifetime)
            memory.prune(at: time.now())
            isSweeping = false
            sweepLater()
        }
    }
}
