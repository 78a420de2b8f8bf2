package import Base
internal import Synchronization

/// Tells users of the cluster about objects through `events.k8s.io` events, with series for what repeats. Best effort: it
/// never fails, never waits, and drops and counts what is too much.
package final class EventRecorder: Sendable {
    /// client-go: how many may wait to be sent, and how often each is tried.
    private static let maximumQueue = 1_000
    private static let maximumTries = 12
    private static let versions = [
        GroupVersion(group: "events.k8s.io", version: "v1"), GroupVersion(group: "events.k8s.io", version: "v1beta1"),
    ]
    /// A qualified name, which the server demands.
    package static let controller = "callboard.dev/controller"

    /// Where events about what has no namespace live: the server demands `default`, and before 1.21 `kube-system`.
    private static let firstHome = "default"
    private static let secondHome = "kube-system"

    private let client: KubernetesClient
    private let instance: String
    private let time: LeaseTime
    private let logger: Logger
    private let recorded: Counter
    private let dropped: Counter
    private let series: Mutex<EventSeriesMachine>
    private let homeless = Mutex(EventRecorder.firstHome)
    private let actions: AsyncStream<EventSeriesMachine.Action>
    private let queue: AsyncStream<EventSeriesMachine.Action>.Continuation

    /// - Parameters:
    ///   - instance: which process reports; at most 128 bytes of it are used.
    ///   - time: for rates and waits, and what events say.
    package init(
        client: KubernetesClient, instance: String, time: LeaseTime = LeaseTime(), metrics: MetricsRegistry,
        logger: Logger
    ) {
        self.client = client
        self.instance = prefix(instance, bytes: 128)
        self.time = time
        self.logger = logger
        recorded = metrics.counter(
            "callboard_events_total", help: "Reports to users as Kubernetes events.", labels: ["type", "reason"])
        dropped = metrics.counter(
            "callboard_events_dropped_total", help: "Reports that became no event.", labels: ["reason"])
        for reason in EventSeriesMachine.Drop.allCases { dropped.increment(by: 0, [reason.rawValue]) }
        series = Mutex(EventSeriesMachine())
        (actions, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maximumQueue))
    }

    /// Reports something. Returns at once; what becomes of it shows in the metrics alone.
    package func record(_ report: EventReport) {
        recorded.increment([report.severity.rawValue, report.reason])
        do {
            let (now, timeOfDay) = (time.elapsed(), time.timeOfDay())
            let action = try series.withLock { series throws(EventSeriesMachine.Refusal) in
                try series.report(report, at: now, timeOfDay: timeOfDay)
            }
            if let action { enqueue(action) }
        } catch {
            dropped.increment([error.reason.rawValue])
        }
    }

    /// Sends what is reported, until the task is cancelled. One caller.
    package func run() async {
        await withTaskGroup { group in
            group.addTask { await self.followSeries() }
            for await action in actions { await send(action) }
            group.cancelAll()
        }
    }

    private func enqueue(_ action: EventSeriesMachine.Action) {
        if case .dropped = queue.yield(action) { dropped.increment([EventSeriesMachine.Drop.queue.rawValue]) }
    }

    private func followSeries() async {
        while (try? await time.sleep(.seconds(60))) != nil {
            for action in series.withLock({ $0.due(at: time.elapsed()) }) { enqueue(action) }
        }
    }

    /// Tries until the server has it, or refuses it for good.
    private func send(_ action: EventSeriesMachine.Action) async {
        var backoff = Backoff(initial: .milliseconds(500), factor: 2, maximum: .seconds(10), jitter: 0.2)
        var generator = SystemRandomNumberGenerator()
        for attempt in 1...Self.maximumTries {
            do {
                return try await write(action)
            } catch {
                let failure = KubernetesError(any: error, request: "event")
                if failure.code == .cancelled { return }
                guard failure.mayPass, attempt < Self.maximumTries else { return drop(failure) }
            }
            do { try await time.sleep(backoff.next(using: &generator)) } catch { return }
        }
    }

    private func drop(_ failure: KubernetesError) {
        dropped.increment([(failure.mayPass ? EventSeriesMachine.Drop.unreachable : .refused).rawValue])
        logger.debug("an event was not written", ["error": .string(failure.description)])
    }

    private func write(_ action: EventSeriesMachine.Action) async throws {
        guard let endpoint = try await client.endpoint(of: "events", versions: Self.versions) else {
            throw KubernetesError(code: .refused, request: "event", detail: "the server serves no events.k8s.io")
        }
        let namespace = homeless.withLock { action.event.report.regarding.eventNamespace ?? $0 }
        do {
            try await write(action, endpoint, namespace)
        } catch let error as KubernetesError where error.code == .invalid && namespace == Self.firstHome {
            try await write(action, endpoint, Self.secondHome)
            homeless.withLock { $0 = Self.secondHome }
        }
    }

    private func write(_ action: EventSeriesMachine.Action, _ endpoint: Endpoint, _ namespace: String) async throws {
        switch action {
        case .create(let event): try await create(event, endpoint, namespace)
        case .patch(let event):
            do {
                let path = endpoint.path(namespace: namespace, name: event.name)
                _ = try await client.patch(path, .merge, ["series": Self.series(of: event)])
            } catch let error as KubernetesError where error.code == .notFound {
                // Servers forget events after an hour, or the first one was dropped.
                try await create(event, endpoint, namespace)
            }
        }
    }

    private func create(_ event: EventSeriesMachine.Event, _ endpoint: Endpoint, _ namespace: String) async throws {
        do {
            _ = try await client.create(
                endpoint.path(namespace: namespace), json(event, endpoint.groupVersion, namespace))
        } catch let error as KubernetesError where error.code == .alreadyExists {
            // An answer that was lost; the event is there.
        }
    }

    private func json(_ event: EventSeriesMachine.Event, _ version: GroupVersion, _ namespace: String) -> JSONValue {
        let report = event.report
        var object: JSONObject = [
            "apiVersion": .string(version.description), "kind": "Event",
            "metadata": ["name": .string(event.name), "namespace": .string(namespace)],
            "eventTime": .string(event.eventTime.microTime), "reportingController": .string(Self.controller),
            "reportingInstance": .string(instance), "type": .string(report.severity.rawValue),
            "reason": .string(prefix(report.reason, bytes: 128)), "action": .string(prefix(report.action, bytes: 128)),
            "note": .string(prefix(report.note, bytes: 1_024)), "regarding": report.regarding.json,
        ]
        if event.count > 1 { object["series"] = Self.series(of: event) }
        return .object(object)
    }

    private static func series(of event: EventSeriesMachine.Event) -> JSONValue {
        ["count": .int(Int64(event.count)), "lastObservedTime": .string(event.lastObserved.microTime)]
    }
}

extension KubernetesError {
    /// Whether the same request may succeed later. A namespace that ends, a right that is missing or an event that is
    /// malformed stay so.
    fileprivate var mayPass: Bool {
        switch code {
        case .unreachable, .connectionLost, .timeout, .tooManyRequests, .unavailable, .serverTimeout, .serverError,
            .unauthorized, .conflict:
            true
        default: false
        }
    }
}
