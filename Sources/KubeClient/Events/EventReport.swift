internal import Base

/// Something that users must know about an object, as an event tells it.
package struct EventReport: Sendable, Hashable {
    package enum Severity: String, Sendable, CaseIterable {
        case normal = "Normal"
        case warning = "Warning"
    }

    package let regarding: ObjectReference
    package let severity: Severity
    /// Why, as one word in upper camel case, such as `InvalidSelector`; at most 128 bytes.
    package let reason: String
    /// What was being done, such as `ReadingCatalog`; at most 128 bytes.
    package let action: String
    /// For people; cut at 1,024 bytes.
    package let note: String

    package init(
        regarding: ObjectReference, severity: Severity, reason: String, action: String, note: String
    ) {
        self.regarding = regarding
        self.severity = severity
        self.reason = reason
        self.action = action
        self.note = note
    }

    /// Reports of one key are one series, whatever their notes say.
    struct Key: Hashable {
        let regarding: ObjectReference
        let severity: Severity
        let reason: String
        let action: String
    }

    var key: Key { Key(regarding: regarding, severity: severity, reason: reason, action: action) }
}

/// A text's beginning of at most so many bytes, that does not end within a character.
func prefix(_ text: String, bytes limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var bytes = Array(text.utf8.prefix(limit))
    // Continuation bytes are 10xxxxxx; the one before them began the character that was cut.
    if let next = text.utf8.dropFirst(limit).first, next & 0xC0 == 0x80 {
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        bytes.removeLast()
    }
    return String(decoding: bytes, as: UTF8.self)
}
