internal import Base

/// A URL of a code host's page of a file whose path holds `*` or `**`, such as
/// `https://github.com/org/repo/blob/main/**/catalog-info.yaml`: it stands for all files that match.
///
/// What is read there is a Location entity that names these, so each is followed, and shown, like any other target.
package struct URLPattern: Sendable, Hashable {
    package let url: String

    /// Nil when the URL stands for one file. A `%2A` is a star in a name.
    package init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        let path = url[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }
        // host, owner, repository, blob, ref, and then the path.
        let parts = path.split(separator: "/")
        guard parts.count > 5, ["blob", "tree", "raw"].contains(parts[3]) else { return nil }
        guard parts.dropFirst(5).contains(where: { $0.contains("*") }) else { return nil }
        guard !parts.prefix(5).contains(where: { $0.contains("*") }) else { return nil }
        self.url = url
    }

    /// That of a location `url:…`.
    package init?(location: String) {
        guard location.hasPrefix("url:") else { return nil }
        self.init(String(location.dropFirst("url:".count)))
    }

    /// The Location entity.
    package var entityRef: EntityRef {
        EntityRef(kind: "location", namespace: EntityRef.defaultNamespace, name: name)
    }

    private var name: String { "matching-" + sha1Hex(Array(url.utf8)) }

    /// The text of the Location entity.
    ///
    /// - Parameter urls: of the files that match.
    package func document(of urls: some Sequence<String>) -> [UInt8] {
        let definition: JSONValue = [
            "apiVersion": "backstage.io/v1alpha1", "kind": "Location",
            "metadata": [
                "name": .string(name), "description": .string("The files that \(url) stands for"),
            ],
            // A file may have gone since the files were listed.
            "spec": ["type": "url", "presence": "optional", "targets": .array(urls.map(JSONValue.string))],
        ]
        return definition.serialized()
    }

    /// The URLs in such a text.
    package static func urls(in document: [UInt8]) -> [String]? {
        (try? JSONValue(parsing: document))?["spec"]?["targets"]?.arrayValue?.compactMap(\.stringValue)
    }
}
