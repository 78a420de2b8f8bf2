internal import Base

extension Timestamp {
    /// Kubernetes' MicroTime: RFC 3339 with exactly six fraction digits. API servers refuse any other number of them
    /// with 400.
    var microTime: String {
        let text = rfc3339
        return text.contains(".") ? text : text.dropLast() + ".000000Z"
    }
}
