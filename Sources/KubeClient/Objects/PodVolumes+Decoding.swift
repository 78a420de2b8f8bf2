// Field numbers are those of k8s.io/api/core/v1/generated.proto.
extension Pod {
    /// Notes the claims among the volumes.
    ///
    /// `Volume`{1: name, 2: VolumeSource{10: PersistentVolumeClaimVolumeSource{1: claimName}, 29: ephemeral}}. The claim
    /// of an ephemeral volume is named after the pod and the volume; the pod's name is known by now, since `metadata` has
    /// the lowest field number.
    mutating func readVolume(
        _ reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        var name = ""
        var claim: String?
        var isEphemeral = false
        while let field = try reader.nextField() {
            switch field {
            case 1: name = try reader.string()
            case 2:
                var source = try reader.message()
                while let kind = try source.nextField() {
                    switch kind {
                    case 10: claim = try Self.claimName(source.message())
                    case 29: isEphemeral = true
                    default: break
                    }
                }
            default: break
            }
        }
        if isEphemeral { claim = "\(meta.name)-\(name)" }
        if let claim, !claim.isEmpty, !claims.contains(claim) { claims.append(context.string(claim)) }
    }

    private static func claimName(_ reader: consuming ProtobufReader) throws(ProtobufError) -> String? {
        while let field = try reader.nextField() {
            if field == 1 { return try reader.string() }
        }
        return nil
    }
}
