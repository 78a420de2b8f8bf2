/// What is behind a problem of a container, and what can be done about it.
package enum ProblemCause: String, Sendable, Hashable, CaseIterable {
    case invalidImageName = "InvalidImageName"
    case imagePullBackOff = "ImagePullBackOff"
    case crashLoopBackOff = "CrashLoopBackOff"
    case createContainerConfigError = "CreateContainerConfigError"
    case oomKilled = "OOMKilled"
    case error = "Error"
    case readinessProbeFailed = "ReadinessProbeFailed"
    case unknown = "Unknown"

    /// The cause that a reason of Kubernetes names.
    package init(reason: String) {
        self = reason == "ErrImagePull" ? .imagePullBackOff : ProblemCause(rawValue: reason) ?? .unknown
    }
}

/// What to look at to mend a problem.
package enum ProposedFix: Sendable, Hashable {
    /// The logs of a container.
    case logs(container: String)
    /// A page of the Kubernetes documentation.
    case docs(link: String)
    /// The events of a pod.
    case events(pod: String)

    /// `logs`, `docs` or `events`.
    package var type: String {
        switch self {
        case .logs: "logs"
        case .docs: "docs"
        case .events: "events"
        }
    }
}

extension WorkloadProblem {
    /// What to look at; nil when the problem is not one of a container.
    package var proposedFix: ProposedFix? {
        guard let cause, let container else { return nil }
        switch cause {
        case .crashLoopBackOff, .error: return .logs(container: container)
        case .readinessProbeFailed, .unknown: return .events(pod: source.name)
        case .invalidImageName: return .docs(link: Self.documentation + "containers/images/#image-names")
        case .imagePullBackOff: return .docs(link: Self.documentation + "containers/images/#imagepullbackoff")
        case .createContainerConfigError: return .docs(link: Self.documentation + "configuration/configmap/")
        case .oomKilled:
            return .docs(link: Self.documentation + "configuration/manage-resources-containers/")
        }
    }

    private static let documentation = "https://kubernetes.io/docs/concepts/"
}

extension ProblemCause {
    /// What it means, in a sentence.
    package var explanation: String {
        switch self {
        case .invalidImageName: "The container's image is not a valid image reference, so it cannot be pulled."
        case .imagePullBackOff: "The node cannot pull the image: it does not exist, or the registry refuses it."
        case .crashLoopBackOff: "The container ends soon after each start; Kubernetes waits longer before each new one."
        case .createContainerConfigError: "The container cannot be made: something that its spec refers to is missing."
        case .oomKilled: "The container used more memory than its limit allows and was killed."
        case .error: "The container ended with an error."
        case .readinessProbeFailed: "The container runs, but its readiness probe does not succeed."
        case .unknown: "Kubernetes names no cause that is known here."
        }
    }

    /// What to do, one step a sentence.
    package var actions: [String] {
        switch self {
        case .invalidImageName: ["Correct the image reference in the pod template."]
        case .imagePullBackOff:
            [
                "Check that the image and its tag exist in the registry.",
                "Check that the namespace has an image pull secret for the registry.",
            ]
        case .crashLoopBackOff, .error:
            [
                "Read the logs of the container's last run.",
                "Check its command, configuration and the services that it needs at the start.",
            ]
        case .createContainerConfigError:
            ["Check that the ConfigMaps and Secrets exist that the container refers to, with the keys that it names."]
        case .oomKilled:
            ["Raise the memory limit, or find out why the container needs more than it was given."]
        case .readinessProbeFailed:
            [
                "Read the pod's events for what the probe answered.",
                "Check the probe's path, port and delays against how long the container takes to start.",
            ]
        case .unknown: ["Read the pod's events."]
        }
    }
}
