package import Base

/// Where entities are described: `<type>:<target>`, such as `url:https://host/path/catalog-info.yaml`.
package struct LocationRef: Sendable, Hashable, CustomStringConvertible {
    /// Such as `url` or `file`.
    package let type: String
    package let target: String

    /// From parts that are known to be non-empty.
    package init(type: String, target: String) {
        self.type = type
        self.target = target
    }

    /// `<type>:<target>`.
    package var description: String { "\(type):\(target)" }
}

extension LocationRef {
    /// Reads `<type>:<target>`, split at the first colon; both parts are trimmed.
    ///
    /// - Throws: when a part is empty, when it is a bare URL, or when a browser would run the target as a script.
    package init(parsing text: String) throws(CatalogInputError) {
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        let type = colon.map { text[..<$0].trimmed } ?? ""
        let target = colon.map { text[text.utf8.index(after: $0)...].trimmed } ?? ""
        guard !type.isEmpty, !target.isEmpty, !text.hasNUL else {
            throw CatalogInputError(
                .locationRef,
                "Unable to parse location ref '\(redactedURL(text))', expected '<type>:<target>', "
                    + "e.g. 'url:https://host/path'")
        }
        guard !["http", "https"].contains(type) else {
            throw CatalogInputError(
                .locationRef,
                "Invalid location ref '\(redactedURL(text))', please prefix it with 'url:', "
                    + "e.g. 'url:\(redactedURL(text))'")
        }
        guard !isJavaScriptURL(target) else {
            throw CatalogInputError(.locationRef, "Invalid location ref '\(text)', target is a javascript: URL")
        }
        self.init(type: type, target: target)
    }
}

// A location that somebody registered stands in the catalog as an entity of kind Location, which leads to what it names.
extension LocationRef {
    private static let registeredPrefix = "registered:"

    /// The ref of the Location entity: `location:default/generated-<SHA-1 of the text>`.
    package var entityRef: EntityRef {
        EntityRef(kind: "location", namespace: EntityRef.defaultNamespace, name: generatedName)
    }

    private var generatedName: String { "generated-" + sha1Hex(Array(description.utf8)) }

    /// The Location entity's definition.
    package var entity: JSONObject {
        [
            "apiVersion": "backstage.io/v1alpha1", "kind": "Location",
            "metadata": [
                "name": .string(generatedName), "namespace": .string(EntityRef.defaultNamespace),
            ],
            "spec": ["type": .string(type), "target": .string(target)],
        ]
    }

    /// Where the Location entity itself is defined: the registration, which is another place than what it points to.
    package var registrationKey: String { Self.registeredPrefix + description }

    /// The ref in a registration's key; nil for any other place.
    package init?(registrationKey key: String) {
        guard key.hasPrefix(Self.registeredPrefix) else { return nil }
        try? self.init(parsing: String(key.dropFirst(Self.registeredPrefix.count)))
    }

    /// A place as the managed-by annotations name it: a registration is named by what it points to.
    package static func shown(_ place: String) -> String {
        LocationRef(registrationKey: place)?.description ?? place
    }
}

extension LocationRef {
    /// Whether the target is an absolute URL as the web writes it, `scheme://host…`, without white space, and without user
    /// and password: it is shown to everybody.
    package var isURL: Bool {
        isAbsoluteURL(target) && target.firstRange(of: "://") != nil && !namesUser(inURL: target)
            && !target.unicodeScalars.contains { $0.properties.isWhitespace || $0.value < 0x20 }
    }

    /// The longest target that can be registered, in bytes: what fits into the database's indexes.
    package static let maximumTargetBytes = 2_000

    /// Whether it can be registered over the API.
    package var isRegistrable: Bool { isURL && target.utf8.count <= Self.maximumTargetBytes }
}
