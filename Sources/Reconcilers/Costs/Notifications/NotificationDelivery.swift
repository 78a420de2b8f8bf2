internal import Base
internal import CostSources
internal import Costs
internal import Store

/// Sends what one target is to be told, and notes what each attempt came to.
struct NotificationDelivery: Sendable {
    /// What a look at the log came to.
    struct Look: Sendable, Hashable {
        /// When the next notification is due; nil: none waits.
        var next: Timestamp?
        /// Until then the receiver is left alone; nil: it need not be.
        var heldUntil: Timestamp?
    }

    let target: String
    let log: NotificationStore
    let metrics: NotificationMetrics
    let logger: Logger
    let send: NotificationLoop.Send
    let now: @Sendable () -> Timestamp

    /// Sent in one look.
    private static let batch = 20
    /// A receiver that fails is left alone so long at most, in seconds, unless it asks for more patience.
    private static let longestHold: Int64 = 60
    private static let tooManyRequests = 429

    /// Sends what is due. When the receiver fails the rest waits.
    ///
    /// - Throws: `StoreError`; then what was sent last may be sent again.
    func look() async throws -> Look {
        var look = Look()
        for notification in try await log.due(target, now: now(), limit: Self.batch) where look.heldUntil == nil {
            guard !Task.isCancelled else { break }
            look.heldUntil = try await deliver(notification)
        }
        metrics.waiting(try await log.waiting(target))
        look.next = try await log.nextDue(target)
        return look
    }

    /// - Returns: until when the receiver is to be left alone; nil when it took or refused the notification.
    private func deliver(_ notification: DueNotification) async throws -> Timestamp? {
        let lines = notification.lines.map { WebhookMessage.Line(text: $0.text, url: $0.url) }
        let result = await send(WebhookMessage(envelope: notification.envelope, lines: lines), now())
        let moment = now()
        // Our own end says nothing of the receiver.
        guard !result.isCancelled else { return moment }
        let step = DeliveryRule.next(
            after: result.outcome, attempts: notification.attempts + 1, decidedAt: notification.decidedAt, now: moment,
            share: Double.random(in: 0...1))
        let (state, nextAt) = Self.standing(after: step, moment)
        try await log.note(
            NotificationAttempt(at: moment, state: state, nextAt: nextAt, status: result.status, error: result.error),
            of: notification.id)
        tell(state, result, notification)
        guard state == .waiting else { return nil }
        return result.status == Self.tooManyRequests ? nextAt : min(nextAt, moment.adding(seconds: Self.longestHold))
    }

    private static func standing(
        after step: DeliveryRule.Step, _ moment: Timestamp
    ) -> (NotificationState, nextAt: Timestamp) {
        switch step {
        case .delivered: (.delivered, moment)
        case .again(let at): (.waiting, at)
        case .giveUp: (.givenUp, moment)
        }
    }

    private func tell(_ state: NotificationState, _ result: WebhookClient.Result, _ notification: DueNotification) {
        let fields: JSONObject = [
            "id": .string(notification.id), "attempts": .int(Int64(notification.attempts + 1)),
            "error": .string(result.error ?? ""),
        ]
        switch state {
        case .delivered: metrics.attempted("delivered")
        case .waiting:
            metrics.attempted("again")
            if notification.attempts == 0 { logger.warning("a notification is not delivered yet", fields) }
        case .givenUp:
            metrics.attempted("given-up")
            logger.error("a notification was given up", fields)
        }
    }
}
