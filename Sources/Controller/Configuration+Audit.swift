import API
import Base
import Store

/// What is to be set about the audit.
struct AuditConfiguration {
    var settings = AuditSettings()
    /// How long events are kept.
    var retention: Duration = .seconds(90 * 86_400)

    init() {}

    /// - Throws: `ConfigurationError` for the first value that cannot be used.
    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        if let node = root["callboard.audit.retention"] {
            retention = try node.duration(in: .seconds(86_400) ... .seconds(3_650 * 86_400))
        }
        if let node = root["callboard.audit.minimumSeverity"] {
            guard let severity = AuditSeverity(rawValue: try node.string()) else {
                let words = AuditSeverity.allCases.map(\.rawValue).joined(separator: ", ")
                throw node.refused("expected one of \(words), found \"\(try node.string())\"")
            }
            settings.minimumSeverity = severity
        }
        settings.recordsReads = try root["callboard.audit.reads"]?.bool() ?? false
        let capturesPayload = try root["mcpActions.tracing.capture.toolPayload"]?.bool() ?? false
        settings.recordsArguments = try root["callboard.audit.arguments"]?.bool() ?? capturesPayload
    }
}
