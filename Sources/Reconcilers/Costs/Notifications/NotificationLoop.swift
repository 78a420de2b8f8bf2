package import Base
package import CostSources
internal import Costs
package import Store

/// Decides what one target is to be told, writes it down, and sends it until it is delivered or given up. What was sent and not
/// noted because the process ended is sent again, with the same id.
package struct NotificationLoop: CostLoop {
    package typealias Send = @Sendable (WebhookMessage, Timestamp) async -> WebhookClient.Result

    private let target: NotificationTarget
    private let store: Store
    private let sender: NotificationSender
    private let baseURL: String?
    private let interval: Duration
    private let metrics: NotificationMetrics
    private let logger: Logger
    private let delivery: NotificationDelivery
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void

    /// After the start days are rolled up first, and sources are asked.
    private static let beginning: Duration = .seconds(30)
    /// After the database failed, and between two looks at what is due.
    private static let shortestPause: Duration = .seconds(1)
    private static let nothing = NotificationDelivery.Look()

    /// - Parameters:
    ///   - store: fenced for the catalog's shard.
    ///   - baseURL: of the front end; nil: there are no links.
    ///   - interval: between two decisions.
    ///   - send: sends once.
    ///   - sleep: returns when the time has passed, throws when the task is cancelled.
    package init(
        _ target: NotificationTarget, store: Store, sender: NotificationSender, baseURL: String?, interval: Duration,
        metrics: MetricsRegistry, logger: Logger, send: @escaping Send,
        now: @escaping @Sendable () -> Timestamp = { .now() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        (self.target, self.store, self.sender, self.baseURL) = (target, store, sender, baseURL)
        (self.interval, self.now, self.sleep) = (interval, now, sleep)
        self.metrics = NotificationMetrics(metrics, target: target.name)
        self.logger = logger.with(["target": .string(target.name)])
        delivery = NotificationDelivery(
            target: target.name, log: store.notifications, metrics: self.metrics, logger: self.logger, send: send,
            now: now)
    }

    package func run() async {
        let topics = topics(began: now())
        var decisionAt = now().adding(min(Self.beginning, interval))
        var look = Self.nothing
        while !Task.isCancelled {
            if now() >= decisionAt {
                await decide(topics)
                decisionAt = now().adding(interval)
            }
            if look.heldUntil.map({ now() >= $0 }) ?? true {
                look = await attempt("notifications were not sent") { try await delivery.look() } ?? Self.nothing
            }
            let sendAt = look.next.map { max($0, look.heldUntil ?? $0) } ?? decisionAt
            let pause = Duration.seconds(min(decisionAt, sendAt).secondsSince(now()))
            do { try await sleep(max(pause, Self.shortestPause)) } catch { break }
        }
        metrics.hide()
    }

    private func topics(began: Timestamp) -> [any NotificationTopic] {
        let desk = NotificationDesk(
            target: target, costs: store.costs, notifications: store.notifications, sender: sender, baseURL: baseURL,
            began: began)
        return NotificationEvent.allCases.filter(target.events.contains).map { event in
            switch event {
            case .report: ReportTopic(desk: desk)
            case .budget: BudgetTopic(desk: desk)
            case .costJump: JumpTopic(desk: desk)
            case .recommendation: RecommendationTopic(desk: desk)
            }
        }
    }

    /// One kind that fails does not hold up the others.
    func decide(_ topics: [any NotificationTopic]) async {
        for topic in topics where !Task.isCancelled {
            await attempt("what is to be notified is not known") {
                let moment = now()
                let decision = try await topic.decision(now: moment)
                guard !decision.isEmpty else { return }
                try await store.notifications.write(decision, for: target.name, from: sender, at: moment)
            }
        }
        await attempt("the log of notifications was not cleared") {
            try await NotificationSweep(store.notifications, logger: logger, now: now).sweep()
        }
    }

    @discardableResult
    private func attempt<Value>(_ failure: String, _ body: () async throws -> Value) async -> Value? {
        do { return try await body() } catch {
            if !Task.isCancelled { logger.warning(failure, ["error": .string("\(error)")]) }
            return nil
        }
    }
}

extension Timestamp {
    fileprivate func adding(_ duration: Duration) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(duration / .microseconds(1)))
    }
}
