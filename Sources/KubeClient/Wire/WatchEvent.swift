/// One event of a watch, in place: valid only during the call that hands it over.
struct WatchEvent {
    /// The types of `metav1.WatchEvent`.
    enum EventType: Equatable {
        case added, modified, deleted, bookmark, error
        /// A type that a later server may have; to be skipped.
        case unknown(String)

        init(_ name: String) {
            switch name {
            case "ADDED": self = .added
            case "MODIFIED": self = .modified
            case "DELETED": self = .deleted
            case "BOOKMARK": self = .bookmark
            case "ERROR": self = .error
            default: self = .unknown(name)
            }
        }
    }

    let type: EventType
    /// The kind that the server wrote, `Status` in an error.
    let kind: String
    let object: WireObject
}
