package import Base
package import Costs

/// A line of what people read, maybe with a link.
package struct NotificationLine: Sendable, Hashable {
    package let text: String
    /// Where it leads; nil: nowhere.
    package let url: String?

    package init(_ text: String, url: String? = nil) {
        self.text = text
        self.url = url
    }
}

/// What is to be told, as it was decided.
package struct NewNotification: Sendable {
    package let event: NotificationEvent
    /// What it is told for: once for each target, however often it is decided.
    package let key: String
    /// In a few words.
    package let title: String
    /// What it is about.
    package let window: Range<Timestamp>
    package let data: JSONObject
    package let lines: [NotificationLine]

    package init(
        _ event: NotificationEvent, key: String, title: String, window: Range<Timestamp>, data: JSONObject,
        lines: [NotificationLine]
    ) {
        (self.event, self.key, self.title, self.window) = (event, key, title, window)
        (self.data, self.lines) = (data, lines)
    }
}

/// What is to be told to a target, and what it knows from now on.
package struct NotificationDecision: Sendable {
    package var notifications: [NewNotification] = []
    /// Conditions that need not be told any more.
    package var told: Set<String> = []
    /// Those that are to be told when they hold again.
    package var forgotten: Set<String> = []

    package init() {}

    package var isEmpty: Bool { notifications.isEmpty && told.isEmpty && forgotten.isEmpty }
}

/// Whose notifications they are: what every one says of Callboard.
package struct NotificationSender: Sendable, Hashable {
    /// Tells several Callboards apart.
    package let instance: String
    /// ISO 4217 code of all amounts.
    package let currency: String

    package init(instance: String, currency: String) {
        self.instance = instance
        self.currency = currency
    }
}

/// A notification that waits to be sent.
package struct DueNotification: Sendable, Hashable {
    package let id: String
    /// What the JSON form says.
    package let envelope: JSONObject
    package let lines: [NotificationLine]
    package let decidedAt: Timestamp
    /// Attempts so far.
    package let attempts: Int
}

/// Where a notification stands. The raw value is what is stored.
package enum NotificationState: String, Sendable, CaseIterable {
    /// It is sent as soon as it is due.
    case waiting
    case delivered
    /// It is not sent any more.
    case givenUp = "given-up"
}

/// What an attempt came to.
package struct NotificationAttempt: Sendable {
    package let at: Timestamp
    package let state: NotificationState
    /// Of the next attempt; means something only while it waits.
    package let nextAt: Timestamp
    /// Of the answer; nil: there was none.
    package let status: Int?
    /// Without secrets; nil: nothing was wrong.
    package let error: String?

    package init(at: Timestamp, state: NotificationState, nextAt: Timestamp, status: Int?, error: String?) {
        (self.at, self.state, self.nextAt, self.status, self.error) = (at, state, nextAt, status, error)
    }
}

/// A row of the log.
package struct LoggedNotification: Sendable {
    package let id: String
    package let target: String
    package let type: String
    package let title: String
    package let state: NotificationState
    package let attempts: Int
    package let decidedAt: Timestamp
    package let attemptedAt: Timestamp?
    /// Nil: it is not sent any more.
    package let nextAttemptAt: Timestamp?
    package let status: Int?
    package let error: String?
}
