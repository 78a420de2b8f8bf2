package import CostSources
package import Costs
package import Store

/// A webhook and what it is told.
package struct NotificationTarget: Sendable {
    /// Whose cost is watched for jumps. The raw value is what is configured.
    package enum JumpSubject: String, Sendable, CaseIterable {
        case entity, owner

        var dimension: CostDimension { self == .entity ? .entity : .owner }
    }

    package let webhook: Webhook
    package var events: Set<NotificationEvent> = []
    /// What it is told about; of budgets, those of exactly this scope, or all.
    package var scope = CostScope.all
    package var schedule = ReportSchedule()
    package var jump = CostJump.Rule()
    package var jumpSubject = JumpSubject.entity
    /// A month's saving from which on a recommendation is told that is not urgent; nil: none is.
    package var minimumSaving: Money?

    package init(webhook: Webhook) { self.webhook = webhook }

    /// By which the log knows it.
    package var name: String { webhook.name }
}
