internal import Actions
internal import Base
internal import HTTPServer
internal import Store

extension AuditActor {
    /// Who sent a request, from where.
    ///
    /// - Parameter caller: nil: nobody who is known.
    init(_ request: HTTPServerRequest, _ caller: Caller?, _ addresses: ClientAddresses) {
        let host = request.headers["Host"].map { host in
            host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : String(host.prefix { $0 != ":" })
        }
        let ip = addresses.client(of: request)
        self.init(
            id: caller.map { $0.userEntityRef ?? $0.subject }, ip: ip.isEmpty ? nil : ip,
            hostname: host.map { AuditArguments.text($0, 255) },
            userAgent: request.headers["User-Agent"].map { AuditArguments.text($0, 255) })
    }
}

extension AuditedRequest {
    /// The query is left out: it may hold what somebody put there by mistake, such as a token.
    init(_ request: HTTPServerRequest) {
        self.init(method: request.method, url: AuditArguments.text(request.path, 500), id: request.id)
    }
}

extension AuditEvent {
    /// How a request over REST ended; nil when the audit does not want to know.
    ///
    /// - Parameters:
    ///   - failure: why it was refused; nil when it was not.
    ///   - route: nil: no such path.
    ///   - action: what an action may change, by its id.
    init?(
        _ request: HTTPServerRequest, _ route: Route?, _ parameters: [String: String], caller: Caller?, status: Int,
        failure: String?, action: (String) -> ActionAttributes?, duration: Duration, _ settings: AuditSettings,
        _ addresses: ClientAddresses
    ) {
        guard var what = AuditedRoute(request, route, caller, status: status, settings) else { return nil }
        let isCall = what.event == AuditedRoute.actionCall
        if isCall, let attributes = parameters["id"].flatMap(action) {
            let severity = AuditSeverity(ofCalling: attributes)
            what.severity = status == 403 ? max(severity, .medium) : severity
        }
        var meta = what.meta
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            meta[name] = .string(AuditArguments.text(value, 300))
        }
        for name in what.queryMembers {
            if let text = request.queryValue(name) { meta[name] = .string(AuditArguments.text(text, 300)) }
        }
        if isCall || !what.bodyMembers.isEmpty, let body = try? JSONValue(parsing: request.body) {
            for name in what.bodyMembers {
                if let text = body[name]?.stringValue {
                    meta[name] = .string(AuditArguments.text(redactedURL(text), 500))
                }
            }
            if settings.recordsArguments, let arguments = body.objectValue {
                meta["arguments"] = AuditArguments.shown(arguments)
            }
        }
        meta["status"] = .int(Int64(status))
        var error = status < 400 ? nil : failure ?? "answered \(status)"
        if isCall, !settings.recordsArguments { error = error.map { Self.withoutArguments($0, of: parameters["id"]) } }
        self.init(
            what.plugin, what.event, severity: what.severity, actor: AuditActor(request, caller, addresses),
            request: AuditedRequest(request), meta: meta, error: error.map { AuditArguments.text($0, 1_000) },
            duration: duration)
    }
}

extension AuditedRoute {
    /// What is to be said of a request; nil: nothing. Refusals are told of whatever it was that was refused.
    init?(_ request: HTTPServerRequest, _ route: Route?, _ caller: Caller?, status: Int, _ settings: AuditSettings) {
        let known = route.flatMap { AuditedRoute(request.method, $0.pattern) }
        switch status {
        case 401: self.init(refusal: "authentication")
        case 429: self.init(refusal: "rate-limit")
        case 403:
            self = known ?? AuditedRoute(refusal: "authorization")
            severity = max(severity, .medium)
        default:
            guard let known, !known.isRead || settings.recordsReads else { return nil }
            self = known
        }
    }

    private init(refusal event: String) {
        self = .change("auth", event)
    }
}
