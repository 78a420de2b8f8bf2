/// A text that only its own room reads: printing it, or anything that holds it, gives `…`.
package struct Secret: Sendable, Hashable {
    let text: String

    /// In bytes. Shorter ones stand in innocent texts too; replacing them in what a server answers would spoil those.
    package static let minimumLength = 6

    package init(_ text: String) { self.text = text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "…" }
    package var debugDescription: String { "…" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
