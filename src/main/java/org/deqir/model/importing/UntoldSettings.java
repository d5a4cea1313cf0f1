/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.importing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deqir.model.Intensities;
import org.deqir.model.ModelException;
import org.deqir.model.Prediction;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.importing.SettingsTrial.Candidate;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.progress.Progress;

/**
 * Finds what the weights of a network do not tell: its attention heads, noise schedule and
 * intensities.
 *
 * <p>In this order: what the user says; what is known of a published network with exactly these
 * parameters; what a {@link SettingsTrial} finds; what all published networks of this kind have in
 * common. Where none of them answers, the user is asked.
 */
public final class UntoldSettings {

    private static final String HEAD_CHANNELS = "num_head_channels";
    private static final String HEADS = "num_heads";
    private static final String ORDER = "use_new_attention_order";

    /** Heads of 64 channels: all published networks that change the resolution in blocks. */
    private static final int USUAL_HEAD_CHANNELS = 64;

    private static final List<Integer> HEAD_SIZES = List.of(USUAL_HEAD_CHANNELS, 32, 128, 16);
    private static final List<Integer> HEAD_COUNTS = List.of(4, 1, 2, 8);
    private static final ScheduleDescription COSINE = new ScheduleDescription("cosine", 0, 0, 1000);

    private final ImportSettings told;
    private final ArchitectureInference.Result found;
    private final Optional<PublishedNetwork> published;
    private final List<NetworkArchitecture> architectures = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * @param tensors what the checkpoint holds
     * @param told what the user says; null or empty where it is to be found out
     * @throws IllegalArgumentException if that is no network of a known layout, or what the user
     *     says does not fit it
     */
    public UntoldSettings(Map<String, TensorInfo> tensors, ImportSettings told) {
        this.told = told;
        final Map<String, Object> hints = new LinkedHashMap<>(told.architecture());
        published = PublishedNetwork.of(tensors, told.weights());
        final boolean anyHeads = hints.containsKey(HEADS) || hints.containsKey(HEAD_CHANNELS);
        if (published.isPresent() && !anyHeads && !hints.containsKey(ORDER))
            hints.putAll(published.get().architecture().configuration());
        else if (!anyHeads) {
            // One head fits any network.
            hints.put(HEADS, 1);
            hints.put(HEAD_CHANNELS, -1);
        } else {
            hints.putIfAbsent(HEADS, 1);
            hints.putIfAbsent(HEAD_CHANNELS, -1);
        }
        hints.putIfAbsent("num_heads_upsample", -1);
        found = ArchitectureInference.infer(tensors, hints, told.weights());
        collectArchitectures(anyHeads);
    }

    private void collectArchitectures(boolean headsTold) {
        if (!(found.architecture() instanceof GuidedDiffusionUNet)
                || published.isPresent() && !headsTold && !told.architecture().containsKey(ORDER)) {
            architectures.add(found.architecture());
            return;
        }
        final List<Map<String, Object>> heads = new ArrayList<>();
        if (headsTold) heads.add(Map.of());
        else {
            for (int size : HEAD_SIZES) heads.add(Map.of(HEAD_CHANNELS, size, HEADS, 4));
            for (int count : HEAD_COUNTS) heads.add(Map.of(HEAD_CHANNELS, -1, HEADS, count));
        }
        final List<List<Integer>> known = new ArrayList<>();
        for (Map<String, Object> choice : heads)
            for (boolean order :
                    told.architecture().containsKey(ORDER)
                            ? new boolean[] {false}
                            : new boolean[] {false, true}) {
                final Map<String, Object> configuration =
                        new LinkedHashMap<>(found.architecture().configuration());
                configuration.putAll(choice);
                if (!told.architecture().containsKey(ORDER)) configuration.put(ORDER, order);
                try {
                    final GuidedDiffusionUNet architecture = GuidedDiffusionUNet.of(configuration);
                    final List<Integer> same = headsOfLevels(architecture);
                    if (same.stream().allMatch(count -> count == 1) && order) continue;
                    same.add(order ? 1 : 0);
                    if (known.contains(same)) continue;
                    known.add(same);
                    architectures.add(architecture);
                } catch (IllegalArgumentException e) {
                    // So many heads do not divide the channels.
                }
            }
    }

    /** Number of heads of each level with attention. */
    private static List<Integer> headsOfLevels(GuidedDiffusionUNet network) {
        final List<Integer> heads = new ArrayList<>();
        final int levels = network.channelMultipliers().size();
        for (int level = 0; level < levels; level++)
            if (level == levels - 1 || network.attentionResolutions().contains(1 << level)) {
                final int channels =
                        (int) (network.channelMultipliers().get(level) * network.modelChannels());
                heads.add(
                        network.headChannels() == -1
                                ? network.heads()
                                : channels / network.headChannels());
            }
        return heads;
    }

    /** An architecture with the parameters of the network, to load it with. */
    NetworkArchitecture architecture() {
        return architectures.get(0);
    }

    /** What stands before the names of the network's parameters. */
    String prefix() {
        return found.prefix();
    }

    /** The published network that has these parameters. */
    Optional<PublishedNetwork> published() {
        return published;
    }

    /** {@return what was found and how, in sentences} */
    public List<String> notes() {
        return notes;
    }

    /**
     * Decides all settings.
     *
     * @return the settings that the user told and those that were found out
     * @throws ModelException if a setting cannot be found out; the message says which key tells it
     */
    public Candidate decide(SettingsTrial.Network network, Progress progress) throws IOException {
        if (published.isPresent()) {
            notes.add(
                    "The parameters are those of "
                            + published.get().name()
                            + ", whose settings are used where no others are given.");
            if (architectures.size() == 1)
                return new Candidate(
                        architectures.get(0),
                        told.schedule() == null ? published.get().schedule() : told.schedule(),
                        told.intensities() == null ? Intensities.SIGNED : told.intensities(),
                        told.prediction() == null ? Prediction.EPSILON : told.prediction());
        }
        final Candidate convention =
                convention(network, architectures.get(0), progress.part(0, 0.3));
        return new Candidate(
                heads(network, convention, progress.part(0.3, 1)),
                convention.schedule(),
                convention.intensities(),
                convention.prediction());
    }

    /** Schedule and intensities, which show with any number of heads. */
    private Candidate convention(
            SettingsTrial.Network network, NetworkArchitecture any, Progress progress)
            throws IOException {
        final List<Candidate> candidates = new ArrayList<>();
        for (Prediction prediction :
                told.prediction() == null
                        ? List.of(Prediction.values())
                        : List.of(told.prediction()))
            candidates.addAll(conventions(any, prediction));
        if (candidates.size() == 1) return candidates.get(0);
        final SettingsTrial trial = SettingsTrial.of(network, candidates, progress);
        final Candidate best = candidates.get(trial.best());
        final boolean usualPrediction = best.prediction() == Prediction.EPSILON;
        if (trial.isClear() && (usualPrediction || trial.isSure())) {
            final List<String> found = new ArrayList<>();
            final String convention = convention(best);
            if (!convention.isEmpty()) found.add(convention);
            if (told.prediction() == null && !usualPrediction)
                found.add("the network predicts " + best.prediction().words());
            if (!found.isEmpty()) notes.add("Found by trial: " + String.join(", ", found) + ".");
            return best;
        }
        final Candidate usual =
                new Candidate(
                        any,
                        told.schedule() == null ? usualSchedule() : told.schedule(),
                        told.intensities() == null ? Intensities.SIGNED : told.intensities(),
                        told.prediction() == null ? Prediction.EPSILON : told.prediction());
        if (told.schedule() == null || told.intensities() == null)
            notes.add(
                    "Not told by the file and assumed, as in published networks of this kind: "
                            + convention(usual)
                            + ".");
        return usual;
    }

    /** What the user left open of schedule and intensities, for networks that predict something. */
    private List<Candidate> conventions(NetworkArchitecture any, Prediction prediction) {
        final List<Candidate> candidates = new ArrayList<>();
        for (ScheduleDescription schedule :
                told.schedule() == null
                        ? List.of(ScheduleDescription.USUAL, COSINE)
                        : List.of(told.schedule()))
            for (Intensities intensities :
                    told.intensities() == null
                            ? List.of(Intensities.values())
                            : List.of(told.intensities()))
                candidates.add(new Candidate(any, schedule, intensities, prediction));
        return candidates;
    }

    /** What the user did not say of the conventions. */
    private String convention(Candidate candidate) {
        final List<String> untold = new ArrayList<>();
        if (told.schedule() == null) untold.add("noise schedule " + candidate.schedule());
        if (told.intensities() == null)
            untold.add(
                    "intensities from "
                            + candidate.intensities().low()
                            + " to "
                            + candidate.intensities().high());
        return String.join(", ", untold);
    }

    private NetworkArchitecture heads(
            SettingsTrial.Network network, Candidate convention, Progress progress)
            throws IOException {
        if (architectures.size() == 1) return architectures.get(0);
        final List<Candidate> candidates = new ArrayList<>();
        for (NetworkArchitecture architecture : architectures)
            candidates.add(
                    new Candidate(
                            architecture,
                            convention.schedule(),
                            convention.intensities(),
                            convention.prediction()));
        final SettingsTrial trial = SettingsTrial.of(network, candidates, progress);
        if (trial.isIndifferent()) {
            final NetworkArchitecture best = architectures.get(trial.best());
            notes.add(
                    "How many attention heads there are makes hardly any difference to this"
                            + " network; taken as best by trial: "
                            + describe(best)
                            + ".");
            return best;
        }
        if (trial.isClear()) {
            final NetworkArchitecture best = architectures.get(trial.best());
            notes.add("Found by trial: " + describe(best) + ".");
            return best;
        }
        for (NetworkArchitecture architecture : architectures)
            if (!trial.works()
                    && architecture instanceof GuidedDiffusionUNet unet
                    && unet.resampleInBlocks()
                    && unet.headChannels() == USUAL_HEAD_CHANNELS
                    && !unet.newAttentionOrder()) {
                notes.add(
                        "Not told by the file and assumed, as in published networks of this kind: "
                                + describe(architecture)
                                + ".");
                return architecture;
            }
        throw new ModelException(
                "The file does not tell how many attention heads the network has, and a trial did"
                        + " not either: give heads (their number) or headchannels (channels of"
                        + " each), and attention if they are in the new order.");
    }

    private static String describe(NetworkArchitecture architecture) {
        final GuidedDiffusionUNet network = (GuidedDiffusionUNet) architecture;
        return (network.headChannels() == -1
                        ? network.heads() + " attention heads"
                        : "attention heads of " + network.headChannels() + " channels")
                + (network.newAttentionOrder() ? " in the new order" : "");
    }

    private ScheduleDescription usualSchedule() throws ModelException {
        if (found.architecture() instanceof GuidedDiffusionUNet network
                && !network.resampleInBlocks())
            throw new ModelException(
                    "The file does not tell with which noise schedule the network was trained, and"
                            + " a trial did not either: give schedule (linear or cosine) and"
                            + " timesteps.");
        return ScheduleDescription.USUAL;
    }
}
