internal import Base

/// One object in the form that the server sent: valid only during the call that lends it.
enum WireObject {
    case protobuf(ProtobufReader)
    case json(JSONView)
}

/// What a bookmark says: the version that the watch has come to.
struct Bookmark: Equatable {
    /// k8s.io/apimachinery/pkg/apis/meta/v1 `InitialEventsAnnotationKey`.
    private static let endAnnotation = "k8s.io/initial-events-end"

    var resourceVersion = ResourceVersion("")
    /// Whether the objects that were there at the beginning of the watch have all been sent.
    var endsInitialEvents = false

    /// A bookmark is an object of the watched kind with nothing but its metadata.
    init(from object: WireObject) throws {
        switch object {
        case .protobuf(let reader): try read(reader)
        case .json(let view):
            let metadata = view["metadata"]
            resourceVersion = ResourceVersion(metadata?["resourceVersion"]?.stringValue ?? "")
            endsInitialEvents = metadata?["annotations"]?[Self.endAnnotation]?.stringValue == "true"
        }
    }

    /// Every kind has its `ObjectMeta`{6: resourceVersion, 12: annotations} in field 1.
    private mutating func read(_ reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            guard field == 1 else { continue }
            var meta = try reader.message()
            while let inner = try meta.nextField() {
                switch inner {
                case 6: resourceVersion = ResourceVersion(try meta.string())
                case 12:
                    let (key, value) = try meta.mapEntry()
                    if key.elementsEqual(Self.endAnnotation.utf8) {
                        endsInitialEvents = value.elementsEqual("true".utf8)
                    }
                default: break
                }
            }
        }
    }
}
