@testable import KubeClient

extension Resource {
    /// Decodes an object in its protobuf form.
    func decode(_ reader: consuming ProtobufReader, _ context: inout DecodingContext) throws -> Object {
        try decode(.protobuf(reader), &context)
    }
}
