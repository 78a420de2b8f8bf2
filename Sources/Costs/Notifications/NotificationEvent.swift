/// What somebody can be notified of. The raw value is what is configured and sent.
package enum NotificationEvent: String, Sendable, CaseIterable {
    /// What was spent in a day or a week.
    case report
    /// A budget reached a level.
    case budget
    /// A day cost much more than those before it.
    case costJump = "cost-jump"
    /// Containers should be changed, urgently or because it saves much.
    case recommendation
}
