import API
import Base
import HTTPServer
import Store
import Testing

@testable import Controller

@Suite("Configuration of the audit and of limits")
struct ConfigurationLimitsTests {
    @Test("without a word everything that agents do is kept for 90 days, and only guessing is bounded")
    func defaults() throws {
        let read = try configuration("")
        #expect(read.audit.settings == AuditSettings() && read.audit.retention == .seconds(90 * 86_400))
        #expect(read.limits.requests == nil && read.limits.tools == nil && read.limits.trustedProxies.isEmpty)
        #expect(read.limits.failures == RateLimit(limit: 100))
        #expect(read.limits.allowed == [IPNetwork("127.0.0.0/8"), IPNetwork("::1")])
    }

    @Test("every key has its effect")
    func values() throws {
        let read = try configuration(
            """
            backend:
              rateLimit:
                window: {seconds: 6}
                incomingRequestLimit: 50
                ipAllowList: [10.0.0.0/8]
                skipSuccessfulRequests: true
                skipFailedRequests: true
                passOnStoreError: true
                global: true
            callboard:
              audit: {retention: 30d, minimumSeverity: medium, reads: true, arguments: true}
              auth: {failuresPerMinute: 5}
              mcp: {rateLimit: {limit: 7, window: PT10S}}
              trustedProxies: 192.168.0.0/16
            """)
        #expect(read.warnings.filter { $0.contains("unknown") }.isEmpty)
        #expect(read.limits.requests == RateLimit(limit: 50, window: .seconds(6)))
        #expect(read.limits.allowed == [IPNetwork("10.0.0.0/8")])
        #expect(read.limits.skipsSuccessful && read.limits.skipsFailed)
        #expect(read.limits.failures == RateLimit(limit: 5))
        #expect(read.limits.tools == RateLimit(limit: 7, window: .seconds(10)))
        #expect(read.limits.trustedProxies == [IPNetwork("192.168.0.0/16")])
        #expect(read.audit.retention == .seconds(30 * 86_400) && read.audit.settings.minimumSeverity == .medium)
        #expect(read.audit.settings.recordsReads && read.audit.settings.recordsArguments)
    }

    @Test("true is the usual limit, false and a limit that is not global are none; 0 ends the bound on guessing")
    func switches() throws {
        #expect(try configuration("backend: {rateLimit: true}").limits.requests == RateLimit(limit: 600))
        #expect(try configuration("backend: {rateLimit: false}").limits.requests == nil)
        #expect(try configuration("backend: {rateLimit: {global: false}}").limits.requests == nil)
        #expect(try configuration("callboard: {auth: {failuresPerMinute: 0}}").limits.failures == nil)
        let payload = try configuration("mcpActions: {tracing: {capture: {toolPayload: true}}}")
        #expect(payload.audit.settings.recordsArguments)
    }

    @Test(
        "what cannot be is refused by its path",
        arguments: [
            ("backend: {rateLimit: 5}", "backend.rateLimit"),
            ("backend: {rateLimit: {incomingRequestLimit: 0}}", "backend.rateLimit.incomingRequestLimit"),
            ("backend: {rateLimit: {ipAllowList: [x]}}", "backend.rateLimit.ipAllowList"),
            ("callboard: {trustedProxies: [10.0.0.0/99]}", "callboard.trustedProxies"),
            ("callboard: {audit: {minimumSeverity: loud}}", "callboard.audit.minimumSeverity"),
            ("callboard: {audit: {retention: 1h}}", "callboard.audit.retention"),
            ("callboard: {mcp: {rateLimit: {window: 1ms}}}", "callboard.mcp.rateLimit.window"),
        ])
    func refused(_ text: String, _ path: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try configuration(text) }
        #expect(error?.path == path)
    }
}
