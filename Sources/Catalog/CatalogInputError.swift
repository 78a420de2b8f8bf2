/// A text from a caller (a ref, a filter, a cursor…) does not follow its grammar.
/// The API answers status 400 and name `InputError` with `description` as the message.
package struct CatalogInputError: Error, Hashable, CustomStringConvertible {
    /// Which grammar was not followed.
    package enum Code: String, Sendable {
        case entityRef = "entity_ref"
        case locationRef = "location_ref"
        case filter
        case fields
        case order
        case cursor
    }

    package let code: Code

    /// The message as the compatible systems word it.
    package let description: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }

    /// An error whose message is already worded.
    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
