/// Bytes that are not the protobuf form that was expected.
package struct ProtobufError: Error, CustomStringConvertible, Equatable {
    package enum Code: String, Sendable {
        /// The bytes end inside a field, or a stream ends inside a message.
        case truncated
        /// A tag, a varint or a wire type that the protobuf encoding does not allow.
        case malformed
        /// A field has another wire type than its message declares.
        case wrongType
        /// A message is longer than the cap of its decoder.
        case tooLarge
        /// The bytes do not begin with Kubernetes' magic number.
        case notKubernetes
    }

    package let code: Code
    package let detail: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "protobuf \(code.rawValue): \(detail)" }
}
