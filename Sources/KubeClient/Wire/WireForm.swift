/// In which form lists and watches of a resource come.
enum WireForm: Sendable {
    /// The form of every built-in kind: half the bytes of JSON, and a field that nobody needs is passed over unread.
    case protobuf
    /// Protobuf with the metadata alone. Servers before 1.15, which cannot, send the whole objects.
    case protobufMetadata
    /// The only form of custom resources.
    case json

    /// `Accept` of a list.
    var listType: String {
        switch self {
        case .protobuf: KubernetesRequest.protobuf
        case .protobufMetadata:
            "\(KubernetesRequest.protobuf);as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,\(KubernetesRequest.protobuf)"
        case .json: KubernetesRequest.json
        }
    }

    /// `Accept` of a watch.
    var watchType: String {
        let watch = KubernetesRequest.protobuf + ";stream=watch"
        return switch self {
        case .protobuf: watch
        // Asking a watch for the List kind gives a stream that ends at once, silently.
        case .protobufMetadata: "\(watch);as=PartialObjectMetadata;g=meta.k8s.io;v=v1,\(watch)"
        case .json: KubernetesRequest.json
        }
    }

    /// The media type that the answer must have.
    var mediaType: String { self == .json ? KubernetesRequest.json : KubernetesRequest.protobuf }

    func listDecoder() -> any ListDecoding {
        if self == .json { JSONListDecoder() } else { ListDecoder() }
    }

    func watchDecoder() -> any WatchDecoding {
        if self == .json { JSONWatchDecoder() } else { WatchDecoder() }
    }
}

/// Decodes a list from chunks of any size, item by item.
protocol ListDecoding {
    /// Complete when the list is.
    var metadata: ListMetadata { get }

    /// Takes the next bytes and calls `item` with each item that they complete.
    mutating func feed(_ chunk: UnsafeRawBufferPointer, item: (WireObject) throws -> Void) throws

    /// Checks that the list is complete; call it at the end of the body.
    mutating func finish() throws
}

/// Decodes a watch from chunks of any size, event by event.
protocol WatchDecoding {
    /// Takes the next bytes and calls `event` with each event that they complete.
    mutating func feed(_ chunk: UnsafeRawBufferPointer, event: (WatchEvent) throws -> Void) throws

    /// The stream has ended cleanly: calls `event` when what is left is an event after all.
    mutating func finish(event: (WatchEvent) throws -> Void) throws
}
