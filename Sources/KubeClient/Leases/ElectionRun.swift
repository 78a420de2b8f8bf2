internal import Base

/// The loop around a `LeaseMachine`: performs its operations one after the other and tells it what came of them.
struct ElectionRun {
    enum Signal: Sendable {
        /// An operation has ended, or its time is over.
        case operation(Int, LeaseMachine.Event, failure: KubernetesError? = nil)
        case workEnded((any Error)?)
        case stop
    }

    private let elector: LeaderElector
    private let leading: LeaderElector.Work
    private var signals: AsyncStream<Signal>.AsyncIterator
    private let send: AsyncStream<Signal>.Continuation
    private var machine: LeaseMachine
    private var generator = SystemRandomNumberGenerator()
    /// Answers to earlier operations are passed over.
    private var operationNumber = 0
    private var work: Task<Void, Never>?
    /// The led work ended by itself in this term.
    private var workHasEnded = false
    private var beganAt: Duration = .zero
    private var isStopping = false
    private var lastFailure = ""
    private var lastHolder: String?
    private var backoff: Backoff

    init(
        _ elector: LeaderElector, observed: LeaseObservation, _ leading: @escaping LeaderElector.Work,
        signals: AsyncStream<Signal>, send: AsyncStream<Signal>.Continuation
    ) {
        self.elector = elector
        self.leading = leading
        self.signals = signals.makeAsyncIterator()
        self.send = send
        machine = LeaseMachine(identity: elector.identity, timings: elector.timings, observed: observed)
        // After work that failed others are given the time to take the lease, and more of it each time.
        backoff = Backoff(
            initial: elector.timings.retryPeriod * 2, factor: 2, maximum: elector.timings.leaseDuration * 4, jitter: 0.2
        )
    }

    mutating func run() async {
        while true {
            await contend()
            if isStopping { return }
            if elector.time.elapsed() - beganAt > elector.timings.leaseDuration * 4 { backoff.reset() }
            workHasEnded = false
            machine = LeaseMachine(identity: elector.identity, timings: elector.timings)
            if case .release = await outcome(of: .wait(backoff.next(using: &generator))) { return }
        }
    }

    /// From standing for the lease until it has been given back.
    private mutating func contend() async {
        var step = handle(.start)
        while true {
            await act(on: step.transition)
            if case .end = step.operation { return elector.note(renewedAt: nil) }
            let isDue = isToRelease && !machine.isReleasing
            step = handle(isDue ? .release : await outcome(of: step.operation))
        }
    }

    /// The led work is over, and there is to be no more of it.
    private var isToRelease: Bool { work == nil && (isStopping || workHasEnded) }

    private mutating func handle(_ event: LeaseMachine.Event) -> LeaseMachine.Step {
        let slowPaths = machine.slowPaths
        let step = machine.handle(
            event, at: elector.time.elapsed(), timeOfDay: elector.time.timeOfDay(), using: &generator)
        elector.note(renewedAt: machine.renewedAt)
        if machine.slowPaths > slowPaths { elector.metrics.tookSlowPath() }
        noteHolder()
        return step
    }

    private mutating func noteHolder() {
        guard machine.renewedAt == nil, let holder = machine.observation.holder(at: elector.time.elapsed()),
            holder != lastHolder
        else { return }
        lastHolder = holder
        elector.logger.info("another process leads", ["holder": .string(holder)])
    }

    private mutating func act(on transition: LeaseMachine.Transition?) async {
        switch transition {
        case nil: return
        case .began(let term):
            lastHolder = term.identity
            if !isStopping { begin(term) }
        case .lost(let loss):
            if work != nil { elector.onLost(loss) }
            elector.logger.error("the lease was lost", ["reason": .string("\(loss)")])
            work?.cancel()
            // Two terms of one process must not overlap either.
            while work != nil, let signal = await signals.next() { take(signal) }
            workHasEnded = false
        }
    }

    private mutating func begin(_ term: LeaseTerm) {
        elector.logger.info("leading", ["transitions": .int(Int64(term.leaseTransitions))])
        beganAt = elector.time.elapsed()
        work = Task { [leading, send] in
            do {
                try await leading(term)
                send.yield(.workEnded(nil))
            } catch {
                send.yield(.workEnded(error))
            }
        }
    }

    /// Performs an operation. A wait, but no request, is cut short when the lease is to be given back.
    private mutating func outcome(of operation: LeaseMachine.Operation) async -> LeaseMachine.Event {
        operationNumber += 1
        let tasks = start(operation, operationNumber)
        defer { for task in tasks { task.cancel() } }
        while let signal = await signals.next() {
            if case .operation(operationNumber, let event, let failure) = signal {
                note(failure)
                return event
            }
            take(signal)
            if case .wait = operation, isToRelease { return .release }
        }
        // Nobody finishes the stream.
        return .release
    }

    private mutating func take(_ signal: Signal) {
        switch signal {
        case .operation: break
        case .stop:
            isStopping = true
            work?.cancel()
        case .workEnded(let error):
            work = nil
            workHasEnded = true
            guard !isStopping else { return }
            elector.logger.warning(
                "what is led has ended; the lease is given back", ["error": .string(error.map { "\($0)" } ?? "none")])
        }
    }

    private mutating func note(_ failure: KubernetesError?) {
        let text = failure?.description ?? ""
        if text != lastFailure, let failure, failure.code != .conflict, failure.code != .alreadyExists {
            elector.logger.warning("a lease request failed", ["error": .string(text)])
        }
        lastFailure = text
    }
}

// MARK: Requests and waits

extension ElectionRun {
    /// Starts the operation, and what gives it up when its time is over: a request that cannot be cancelled must not
    /// delay the moment when the lease counts as lost.
    private func start(_ operation: LeaseMachine.Operation, _ number: Int) -> [Task<Void, Never>] {
        let (send, time, lease) = (send, elector.time, elector.lease)
        func after(_ duration: Duration, _ event: LeaseMachine.Event) -> Task<Void, Never> {
            Task {
                do { try await time.sleep(duration) } catch { return }
                send.yield(.operation(number, event))
            }
        }
        func request(
            _ limit: Duration, _ body: @escaping @Sendable () async throws -> LeaseMachine.Event
        ) -> [Task<Void, Never>] {
            let task = Task {
                do {
                    send.yield(.operation(number, try await body()))
                } catch {
                    let failure = KubernetesError(any: error, request: "lease")
                    let isConflict = failure.code == .conflict || failure.code == .alreadyExists
                    send.yield(.operation(number, isConflict ? .conflict : .failed, failure: failure))
                }
            }
            return [task, after(limit, .failed)]
        }
        switch operation {
        case .get(let limit): return request(limit) { .found(try await lease.get(within: limit)) }
        case .create(let record, let limit):
            return request(limit) { .written(try await lease.create(record, within: limit)) }
        case .update(let old, let record, let limit):
            return request(limit) { .written(try await lease.update(old, to: record, within: limit)) }
        case .wait(let duration): return [after(duration, .waited)]
        case .end: return []
        }
    }
}
