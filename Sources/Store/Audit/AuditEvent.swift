package import Base

/// How much an event of the audit matters, in Backstage's words; the least first.
package enum AuditSeverity: String, Sendable, CaseIterable, Comparable {
    case low, medium, high, critical

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Who did it, and from where.
package struct AuditActor: Sendable, Hashable {
    /// The user entity or the token's subject; nil: nobody who is known.
    package var id: String?
    package var ip: String?
    /// Under which host name the service was addressed.
    package var hostname: String?
    package var userAgent: String?

    package init(id: String? = nil, ip: String? = nil, hostname: String? = nil, userAgent: String? = nil) {
        self.id = id
        self.ip = ip
        self.hostname = hostname
        self.userAgent = userAgent
    }
}

/// The request that brought it about.
package struct AuditedRequest: Sendable, Hashable {
    package var method: String
    /// Without the query.
    package var url: String
    package var id: String

    package init(method: String, url: String, id: String) {
        self.method = method
        self.url = url
        self.id = id
    }
}

/// Something that somebody did or was refused. Holds no secret.
package struct AuditEvent: Sendable, Hashable {
    /// Made anew for each event; the same at a repeated write. 32 hexadecimal digits.
    package let id: String
    /// When it ended; of several that were counted together, when the last of them did.
    package var at: Timestamp
    package var plugin: String
    /// Backstage's event id within the plugin, such as `entity-mutate`.
    package var event: String
    package var severity: AuditSeverity
    package var actor: AuditActor
    package var request: AuditedRequest?
    package var meta: JSONObject
    /// Why it failed; nil when it succeeded.
    package var error: String?
    /// Of all that were counted together.
    package var duration: Duration
    /// How many alike this one stands for.
    package var occurrences: Int64 = 1

    package init(
        _ plugin: String, _ event: String, severity: AuditSeverity = .low, actor: AuditActor = AuditActor(),
        request: AuditedRequest? = nil, meta: JSONObject = [:], error: String? = nil, duration: Duration = .zero,
        at: Timestamp = .now()
    ) {
        id = Hex.encode(randomBytes(16))
        self.at = at
        self.plugin = plugin
        self.event = event
        self.severity = severity
        self.actor = actor
        self.request = request
        self.meta = meta
        self.error = error
        self.duration = duration
    }

    /// Backstage's word for how it ended.
    package var status: String { error == nil ? "succeeded" : "failed" }

    /// What it took, in microseconds.
    var microseconds: Int64 { Int64(clamping: Int(duration / .microseconds(1))) }
}
