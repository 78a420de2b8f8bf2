import Base

/// An error object of JSON-RPC: what a request is answered with when there is no result.
struct ProtocolError: Error, Hashable {
    /// The codes that we send; no others (-32000…-32019 are mostly old SDK codes, -32020… belong to the specification).
    enum Code: Int64, Sendable {
        case parseError = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParams = -32602
        case internalError = -32603
        case headerMismatch = -32020
        case missingClientCapability = -32021
        case unsupportedProtocolVersion = -32022
        /// Up to 2025-11-25 alone; later it is -32602.
        case resourceNotFound = -32002
        /// An old code: what Backstage's endpoint answers to GET and DELETE.
        case methodNotAllowed = -32000
    }

    let code: Code
    let message: String
    var data: JSONValue?

    /// The HTTP status at 2026-07-28, where errors have one. The specification leaves -32603 open; 500 would make
    /// proxies and clients repeat a request that failed for a reason of ours, so it is 200 as in the official SDKs.
    var modernStatus: Int {
        switch code {
        case .methodNotFound: 404
        case .internalError: 200
        default: 400
        }
    }

    var json: JSONValue {
        var object: JSONObject = ["code": .int(code.rawValue), "message": .string(message)]
        object["data"] = data
        return .object(object)
    }
}

extension ProtocolError {
    static let internalError = ProtocolError(code: .internalError, message: "Internal server error")

    static func invalidRequest(_ detail: String) -> ProtocolError {
        ProtocolError(code: .invalidRequest, message: "Invalid request: \(detail)")
    }

    static func invalidParams(_ detail: String, data: JSONValue? = nil) -> ProtocolError {
        ProtocolError(code: .invalidParams, message: "Invalid params: \(detail)", data: data)
    }

    static func methodNotFound(_ method: String) -> ProtocolError {
        ProtocolError(code: .methodNotFound, message: "Method not found: \(method)")
    }

    static func headerMismatch(_ detail: String) -> ProtocolError {
        ProtocolError(code: .headerMismatch, message: "Header mismatch: \(detail)")
    }

    static func unsupportedVersion(_ requested: String) -> ProtocolError {
        ProtocolError(
            code: .unsupportedProtocolVersion, message: "Unsupported protocol version",
            data: [
                "supported": .array(ProtocolVersion.modern.map { .string($0.rawValue) }),
                "requested": .string(requested),
            ])
    }

    static func missing(_ capability: MissingCapability) -> ProtocolError {
        ProtocolError(
            code: .missingClientCapability,
            message: "This needs a client with the capability \(capability.name)",
            data: ["requiredCapabilities": .object([capability.name: [:]])])
    }
}
