internal import Base

/// Where an entity's `spec` names other entities.
package struct EntityReferences: Sendable {
    /// A field and the entity that it names.
    package struct Target: Sendable, Hashable {
        package let path: DocumentPath
        package let target: EntityRef
    }

    /// By field in the kind's order; no entity twice.
    package let targets: [Target]

    /// Of a valid entity: refs that cannot be read are left out.
    package init(of entity: Entity) {
        let kind = EntityKind.named(entity.kind, apiVersion: entity.apiVersion)
        var seen: Set<EntityRef> = []
        targets = (kind?.references ?? []).flatMap { reference in
            Relations.texts(entity.spec, field: reference.field).compactMap { path, text in
                let target = try? EntityRef(
                    parsing: text, defaultKind: reference.defaultKind, defaultNamespace: entity.ref.namespace)
                return target.map { Target(path: path, target: $0) }
            }
        }.filter { seen.insert($0.target).inserted }
    }
}
