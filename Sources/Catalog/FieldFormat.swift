/// The forms that fields of an entity must have (Backstage's descriptor format). Lengths are in bytes, which for the
/// letters that the forms allow is also the count of characters.
enum FieldFormat: Sendable, CaseIterable {
    case apiVersion, kind, entityName, namespace
    case labelKey, labelValue, annotationKey, tag
    case linkURL, linkTitle, linkIcon

    /// Whether the text has this form.
    func accepts(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return switch self {
        case .apiVersion:
            Self.isPrefixed(bytes[...]) { (1...63).contains($0.count) && $0.allSatisfy(Self.isAlphanumeric) }
        case .kind: Self.isKind(bytes[...])
        case .entityName, .linkIcon: Self.isObjectName(bytes[...])
        case .namespace: Self.isDNSLabel(bytes[...])
        case .labelKey, .annotationKey: Self.isPrefixed(bytes[...], Self.isObjectName)
        case .labelValue: bytes.isEmpty || Self.isObjectName(bytes[...])
        case .tag: Self.isTag(bytes[...])
        case .linkURL: isAbsoluteURL(text)
        case .linkTitle: !text.trimmed.isEmpty
        }
    }

    /// What the form is, in the words that users of the compatible systems know.
    var expectation: String {
        switch self {
        case .entityName, .labelValue, .linkIcon:
            "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total"
        case .apiVersion, .labelKey, .annotationKey: "a valid prefix and/or suffix"
        case .namespace: "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total"
        case .tag: "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total"
        case .kind: "a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total"
        case .linkURL: "a string that is a valid url"
        case .linkTitle: "a non empty string"
        }
    }

    /// The message for a value of `field` that does not have this form.
    func message(field: String, value: String) -> String {
        "\"\(field)\" is not valid; expected \(expectation) but found \"\(value)\". " + Self.pointer
    }

    private static let pointer =
        "To learn more about catalog file format, visit: https://github.com/backstage/backstage/blob/master/"
        + "docs/architecture-decisions/adr002-default-catalog-file-format.md"
}

extension FieldFormat {
    private typealias Bytes = ArraySlice<UInt8>

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isAlpha(byte) || isDigit(byte) }
    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool { isLowerAlpha(byte) || isDigit(byte) }

    private static func isKind(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, isAlpha(first), bytes.count <= 63 else { return false }
        return bytes.allSatisfy(isAlphanumeric)
    }

    private static func isObjectName(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    /// `[a-z0-9]+(?:\-+[a-z0-9]+)*`: dashes only inside, any number together.
    private static func isDNSLabel(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
        return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
            && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isDNSSubdomain(_ bytes: Bytes) -> Bool {
        (1...253).contains(bytes.count)
            && bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isDNSLabel)
    }

    /// Sequences joined by single dashes.
    private static func isTag(_ bytes: Bytes) -> Bool {
        bytes.count <= 63
            && bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.allSatisfy { isLowerAlphanumeric($0) || ":+#".utf8.contains($0) }
            }
    }

    /// `[<DNS subdomain>/]<suffix>`.
    private static func isPrefixed(_ bytes: Bytes, _ isSuffix: (Bytes) -> Bool) -> Bool {
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return isSuffix(bytes) }
        return isDNSSubdomain(bytes[..<slash]) && isSuffix(bytes[(slash + 1)...])
    }
}
