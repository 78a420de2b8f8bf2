/// The envelope around each protobuf message of the Kubernetes API: four magic bytes and a `runtime.Unknown`, which
/// names the type of the message and holds its bytes.
struct Envelope {
    /// `k8s\0` (k8s.io/apimachinery/pkg/runtime/serializer/protobuf).
    static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// Such as `Pod` or `Status`; empty when the server left it out.
    let kind: String
    /// The message, valid as long as the bytes that the envelope was read from.
    let message: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        guard bytes.starts(with: Self.magic) else {
            throw ProtobufError(code: .notKubernetes, detail: "\(bytes.count) bytes do not begin with k8s\\0")
        }
        var kind = ""
        var message = UnsafeRawBufferPointer(start: nil, count: 0)
        var reader = ProtobufReader(UnsafeRawBufferPointer(rebasing: bytes[Self.magic.count...]))
        while let field = try reader.nextField() {
            switch field {
            case 1: kind = try TypeMeta(from: reader.message()).kind
            case 2: message = try reader.rawBytes()
            default: break
            }
        }
        (self.kind, self.message) = (kind, message)
    }
}

/// `runtime.TypeMeta`: which type a message has.
struct TypeMeta: Equatable {
    var apiVersion = ""
    var kind = ""
}

extension TypeMeta {
    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: apiVersion = try reader.string()
            case 2: kind = try reader.string()
            default: break
            }
        }
    }
}
