/// The revisions of the Model Context Protocol that this room speaks. They are names from a fixed set, not dates.
///
/// Up to 2025-11-25 a client opens with `initialize` ("legacy"); at 2026-07-28 every request carries its own metadata
/// ("modern"). Which of the two a request is, is decided from the request alone: see ``MCPRouter``.
package enum ProtocolVersion: String, Sendable, CaseIterable {
    case v2024_11_05 = "2024-11-05"
    case v2025_03_26 = "2025-03-26"
    case v2025_06_18 = "2025-06-18"
    case v2025_11_25 = "2025-11-25"
    case v2026_07_28 = "2026-07-28"

    /// True when requests carry their own metadata and nothing is negotiated beforehand.
    package var isModern: Bool { self == .v2026_07_28 }

    /// What `initialize` answers to a client that asks for a revision without such a handshake, or for an unknown one.
    static let newestLegacy = v2025_11_25

    /// What a legacy request without `MCP-Protocol-Version` is taken for (2025-06-18, transports).
    static let assumedLegacy = v2025_03_26

    /// What `server/discover` and the error -32022 list. A legacy revision there would invite a client to send
    /// per-request metadata at it; the legacy handshake negotiates on its own.
    static let modern: [ProtocolVersion] = allCases.filter(\.isModern)
}
