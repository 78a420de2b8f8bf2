internal import Base

/// `metav1.Status`: what the API server says about a request that it refused.
package struct Status: Sendable, Equatable {
    /// One of possibly several causes.
    package struct Cause: Sendable, Equatable {
        package var reason = ""
        package var message = ""
        package var field = ""
    }

    package var message = ""
    /// A word for programs, such as `NotFound`; empty when the server gave none.
    package var reason = ""
    /// The HTTP status, also in an event of a watch; 0 when unknown.
    package var code = 0
    package var causes: [Cause] = []
    /// 0 when the server names no wait.
    package var retryAfterSeconds = 0

    package init(message: String = "", reason: String = "", code: Int = 0) {
        self.message = message
        self.reason = reason
        self.code = code
    }
}

extension Status {
    /// The longest text that is kept of a body that is no Status, such as a proxy's.
    private static let maximumTextBytes = 512

    /// Reads the body of a refused request in whatever form it has: protobuf, JSON, or text, from which only the
    /// message is taken.
    init(body: [UInt8], httpStatus: Int) {
        self = Self.fromProtobuf(body) ?? Self.fromJSON(body) ?? Self.fromText(body)
        if code == 0 { code = httpStatus }
    }

    private static func fromProtobuf(_ body: [UInt8]) -> Status? {
        body.withUnsafeBytes { bytes in
            guard let envelope = try? Envelope(bytes), envelope.kind == "Status" else { return nil }
            return try? Status(from: ProtobufReader(envelope.message))
        }
    }

    private static func fromText(_ body: [UInt8]) -> Status {
        let text = ClusterConfiguration.trimmed(Array(body.prefix(maximumTextBytes)))
        return Status(message: text)
    }

    private static func fromJSON(_ body: [UInt8]) -> Status? {
        guard let value = try? JSONValue(parsing: body), value["kind"]?.stringValue == "Status" else { return nil }
        return Status(from: value)
    }

    init(from value: JSONValue) {
        self.init(
            message: value["message"]?.stringValue ?? "", reason: value["reason"]?.stringValue ?? "",
            code: Int(value["code"]?.intValue ?? 0))
        retryAfterSeconds = Int(value["details"]?["retryAfterSeconds"]?.intValue ?? 0)
        causes = (value["details"]?["causes"]?.arrayValue ?? []).map { cause in
            Cause(
                reason: cause["reason"]?.stringValue ?? "", message: cause["message"]?.stringValue ?? "",
                field: cause["field"]?.stringValue ?? "")
        }
    }

    /// Reads what an ERROR event of a watch holds.
    init(from object: WireObject) throws(ProtobufError) {
        switch object {
        case .protobuf(let reader): try self.init(from: reader)
        case .json(let view): self.init(from: view.value())
        }
    }

    /// Field numbers are those of k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto.
    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 3: message = try reader.string()
            case 4: reason = try reader.string()
            case 5: try readDetails(reader.message())
            case 6: code = Int(try reader.int32())
            default: break
            }
        }
    }

    private mutating func readDetails(_ reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 4: causes.append(try Cause(from: reader.message()))
            case 5: retryAfterSeconds = Int(try reader.int32())
            default: break
            }
        }
    }
}

extension Status.Cause {
    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: reason = try reader.string()
            case 2: message = try reader.string()
            case 3: self.field = try reader.string()
            default: break
            }
        }
    }
}
