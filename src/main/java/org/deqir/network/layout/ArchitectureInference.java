/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.deqir.network.checkpoint.TensorInfo;

/**
 * Finds out which network a checkpoint holds from the names and shapes of its tensors.
 *
 * <p>Names and shapes do not tell everything: the number of attention heads and the order of
 * queries, keys and values leave no trace. Such settings are taken from {@code hints} or else
 * assumed, and {@link Result#assumed} says which.
 */
public final class ArchitectureInference {

    private static final int LISTED = 8;
    private static final Pattern AVERAGED =
            Pattern.compile("(^|[._])(ema|shadow|averaged?|swa)([._]|$)", Pattern.CASE_INSENSITIVE);

    /** What stands in an average's dictionary for the weights that are averaged. */
    private static final Pattern NOT_AVERAGED =
            Pattern.compile("(^|[._])(online|raw|source)([._]|$)", Pattern.CASE_INSENSITIVE);

    private static final Pattern IN_LIST = Pattern.compile("\\d+\\..*");

    /** Parameter that each layout has exactly once, from which the place of the others is known. */
    private static final Map<String, String> FIRST_CONVOLUTION =
            Map.of(
                    GuidedDiffusionUNet.LAYOUT, "input_blocks.0.0.weight",
                    DdpmUNet.LAYOUT, "conv_in.weight");

    private ArchitectureInference() {}

    /**
     * What was found.
     *
     * @param architecture the layout and configuration
     * @param prefix what stands before the names of the network's parameters in the checkpoint,
     *     such as {@code state_dict.} or {@code module.}; empty if nothing
     * @param assumed settings that the checkpoint does not tell and no hint gave
     */
    public record Result(NetworkArchitecture architecture, String prefix, Set<String> assumed) {}

    /**
     * Finds the network in a checkpoint.
     *
     * @param tensors what the checkpoint holds; other tensors beside the network's are ignored if
     *     they are in another dictionary
     * @param hints settings that are known, by the names of the layout's own configuration; may be
     *     empty
     * @param weights what stands before the names of its parameters, where there are several
     *     networks; if empty, that with averaged weights
     * @return the layout, and where its parameters are
     * @throws IllegalArgumentException if no known layout fits; the message lists the parameters
     *     that are missing, unexpected or of another shape; and if nothing tells which network is
     *     the averaged one; the message lists them
     */
    public static Result infer(
            Map<String, TensorInfo> tensors, Map<String, ?> hints, String weights) {
        if (ForeignNetwork.isIn(tensors.keySet())) throw ForeignNetwork.refusal(tensors.keySet());
        for (Map.Entry<String, String> layout : FIRST_CONVOLUTION.entrySet()) {
            final List<String> prefixes = prefixes(tensors.keySet(), layout.getValue());
            if (prefixes.isEmpty()) continue;
            final String prefix = chosen(tensors, prefixes, weights);
            final Map<String, TensorInfo> network = below(tensors, prefix);
            final Known known = new Known(network, hints);
            final NetworkArchitecture architecture =
                    layout.getKey().equals(GuidedDiffusionUNet.LAYOUT)
                            ? guidedDiffusion(known)
                            : ddpm(known);
            requireFit(architecture, network);
            return new Result(architecture, prefix, known.assumed);
        }
        throw ForeignNetwork.refusal(tensors.keySet());
    }

    /**
     * {@return the architecture of a layout with settings by the names of its own configuration}
     *
     * @throws IllegalArgumentException if there is no such layout or the configuration does not fit
     */
    public static NetworkArchitecture of(String layout, Map<String, ?> configuration) {
        return switch (layout) {
            case GuidedDiffusionUNet.LAYOUT -> GuidedDiffusionUNet.of(configuration);
            case DdpmUNet.LAYOUT -> DdpmUNet.of(configuration);
            default ->
                    throw new IllegalArgumentException(
                            "There is no network layout "
                                    + layout
                                    + "; known are "
                                    + String.join(", ", new TreeSet<>(FIRST_CONVOLUTION.keySet()))
                                    + ".");
        };
    }

    /**
     * Compares a network's parameters with the tensors that are there, by name.
     *
     * @throws IllegalArgumentException if some are missing, unexpected or of another shape
     */
    public static void requireFit(
            NetworkArchitecture architecture, Map<String, TensorInfo> tensors) {
        final Map<String, Shape> expected = architecture.program(Precision.FLOAT32).parameters();
        final Set<String> missing = new LinkedHashSet<>(expected.keySet());
        missing.removeAll(tensors.keySet());
        final Set<String> unexpected = new LinkedHashSet<>(tensors.keySet());
        unexpected.removeAll(expected.keySet());
        final List<String> misshapen = new ArrayList<>();
        expected.forEach(
                (name, shape) -> {
                    final TensorInfo found = tensors.get(name);
                    if (found != null && !found.shape().equals(shape))
                        misshapen.add(name + " " + found.shape() + " instead of " + shape);
                });
        if (missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty()) return;
        if (unexpected.stream().anyMatch(name -> name.startsWith("label_emb")))
            throw new IllegalArgumentException(
                    "The network wants to be told the class of the image (label_emb); only"
                            + " unconditional networks can be used.");
        throw new IllegalArgumentException(
                String.format(
                        "The checkpoint does not fit a network of layout %s with %s; missing: %s;"
                                + " unexpected: %s; of another shape: %s.",
                        architecture.layout(),
                        architecture.configuration(),
                        listed(missing),
                        listed(unexpected),
                        listed(misshapen)));
    }

    private static String listed(Collection<String> names) {
        if (names.isEmpty()) return "none";
        final String some = names.stream().limit(LISTED).collect(Collectors.joining(", "));
        return names.size() <= LISTED ? some : some + " and " + (names.size() - LISTED) + " more";
    }

    private static List<String> prefixes(Set<String> names, String parameter) {
        return names.stream()
                .filter(name -> name.equals(parameter) || name.endsWith("." + parameter))
                .map(name -> name.substring(0, name.length() - parameter.length()))
                .toList();
    }

    /** What may stand before the names of a network's parameters, of any layout. */
    static List<String> places(Set<String> names) {
        return FIRST_CONVOLUTION.values().stream()
                .flatMap(parameter -> prefixes(names, parameter).stream())
                .toList();
    }

    /** Of several copies of a network, the moving average of its weights, which is for use. */
    private static String chosen(
            Map<String, TensorInfo> tensors, List<String> prefixes, String weights) {
        if (!weights.isBlank()) {
            final String start = weights.endsWith(".") ? weights : weights + ".";
            if (prefixes.contains(start)) return start;
            throw new IllegalArgumentException(
                    "weights = '" + weights + "' is none of its networks: " + shown(prefixes));
        }
        final List<String> averaged =
                prefixes.stream()
                        .filter(prefix -> AVERAGED.matcher(prefix).find())
                        .filter(prefix -> !NOT_AVERAGED.matcher(prefix).find())
                        .toList();
        if (averaged.size() == 1) return averaged.get(0);
        if (averaged.size() > 1) throw undecided("several averages", averaged);
        if (prefixes.size() == 1) {
            requireNoOtherAverage(tensors, prefixes.get(0));
            return prefixes.get(0);
        }
        // Lists as (weights, optimizer, epoch, step, averaged weights).
        if (prefixes.size() == 2 && prefixes.stream().allMatch(p -> IN_LIST.matcher(p).matches()))
            return prefixes.get(1);
        throw undecided("several networks", prefixes);
    }

    /** Averages of a network that cannot be matched with it must not be passed over. */
    private static void requireNoOtherAverage(Map<String, TensorInfo> tensors, String prefix) {
        long own = 0;
        long averaged = 0;
        for (Map.Entry<String, TensorInfo> tensor : tensors.entrySet())
            if (!prefix.isEmpty() && tensor.getKey().startsWith(prefix))
                own += tensor.getValue().elements();
            else if (AVERAGED.matcher(tensor.getKey()).find())
                averaged += tensor.getValue().elements();
        if (own > 0 && averaged >= own / 2)
            throw undecided("averaged weights whose names do not fit", List.of(prefix));
    }

    private static IllegalArgumentException undecided(String what, List<String> prefixes) {
        return new IllegalArgumentException(
                "it holds " + what + ": say which weights to take, weights = " + shown(prefixes));
    }

    private static String shown(List<String> prefixes) {
        return prefixes.stream()
                        .map(prefix -> prefix.isEmpty() ? "(no prefix)" : prefix)
                        .collect(Collectors.joining(" or "))
                + ".";
    }

    private static Map<String, TensorInfo> below(Map<String, TensorInfo> tensors, String prefix) {
        final Map<String, TensorInfo> result = new LinkedHashMap<>();
        tensors.forEach(
                (name, info) -> {
                    if (name.startsWith(prefix)) result.put(name.substring(prefix.length()), info);
                });
        return result;
    }

    /** What is known about a network: its tensors, and settings that somebody told. */
    private static final class Known {

        private final Map<String, TensorInfo> tensors;
        private final Map<String, ?> hints;
        private final Set<String> assumed = new LinkedHashSet<>();

        Known(Map<String, TensorInfo> tensors, Map<String, ?> hints) {
            this.tensors = tensors;
            this.hints = hints;
        }

        boolean has(String start) {
            return tensors.keySet().stream().anyMatch(name -> name.startsWith(start));
        }

        /** Size of a tensor along a dimension. */
        int size(String name, int dimension) {
            final TensorInfo info = tensors.get(name);
            if (info == null || info.shape().dimension() <= dimension)
                throw new IllegalArgumentException(
                        "The checkpoint holds no network of a known layout: its tensor "
                                + name
                                + (info == null
                                        ? " is missing."
                                        : " has the shape " + info.shape() + "."));
            return Math.toIntExact(info.shape().get(dimension));
        }

        /** How many of {@code start + "0."}, {@code start + "1."}, … there are without a gap. */
        int count(String start) {
            int count = 0;
            while (has(start + count + ".")) count++;
            return count;
        }

        Object untold(String key, Object otherwise) {
            final Object hint = hints.get(key);
            if (hint != null) return hint;
            assumed.add(key);
            return otherwise;
        }
    }

    private static NetworkArchitecture guidedDiffusion(Known known) {
        final int modelChannels = known.size("time_embed.0.weight", 1);
        final int outputBlocks = known.count("output_blocks.");
        final boolean resampleInBlocks = upsampler(known, outputBlocks, "in_layers.") >= 0;
        final int upsampler =
                upsampler(known, outputBlocks, resampleInBlocks ? "in_layers." : "conv.");
        final int residualBlocks;
        if (upsampler >= 0) residualBlocks = upsampler;
        else {
            // Resampling without weights leaves a gap in the numbers of the encoder's blocks.
            final int first = known.count("input_blocks.");
            residualBlocks = Math.min(first, outputBlocks) - 1;
        }
        if (residualBlocks < 1 || outputBlocks % (residualBlocks + 1) != 0)
            throw new IllegalArgumentException(
                    "The checkpoint's %s output_blocks are not those of a %s network."
                            .formatted(outputBlocks, GuidedDiffusionUNet.LAYOUT));
        final int levels = outputBlocks / (residualBlocks + 1);
        final List<Number> multipliers = new ArrayList<>();
        final List<Integer> attention = new ArrayList<>();
        for (int level = 0; level < levels; level++) {
            final String block = "input_blocks." + (1 + level * (residualBlocks + 1));
            multipliers.add(
                    (double) known.size(block + ".0.in_layers.2.weight", 0) / modelChannels);
            if (known.has(block + ".1.qkv.")) attention.add(1 << level);
        }
        final Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("in_channels", known.size("input_blocks.0.0.weight", 1));
        configuration.put("model_channels", modelChannels);
        configuration.put("out_channels", known.size("out.2.weight", 0));
        configuration.put("num_res_blocks", residualBlocks);
        configuration.put("attention_resolutions", attention);
        configuration.put("channel_mult", multipliers);
        configuration.put(
                "use_scale_shift_norm",
                known.size("input_blocks.1.0.emb_layers.1.weight", 0)
                        == 2 * known.size("input_blocks.1.0.in_layers.2.weight", 0));
        configuration.put("resblock_updown", resampleInBlocks);
        configuration.put("conv_resample", levels == 1 || resampleInBlocks || upsampler >= 0);
        // The published networks with resampling blocks have heads of 64 channels; those of
        // improved-diffusion, which had no such blocks, have four heads.
        configuration.put(
                "num_head_channels", known.untold("num_head_channels", resampleInBlocks ? 64 : -1));
        configuration.put("num_heads", known.untold("num_heads", 4));
        configuration.put("num_heads_upsample", known.untold("num_heads_upsample", -1));
        configuration.put(
                "use_new_attention_order", known.untold("use_new_attention_order", false));
        return GuidedDiffusionUNet.of(configuration);
    }

    /** The first output block with such a layer behind its first one, or −1. */
    private static int upsampler(Known known, int outputBlocks, String layer) {
        for (int block = 0; block < outputBlocks; block++)
            for (int i = 1; i <= 2; i++)
                if (known.has("output_blocks." + block + "." + i + "." + layer)) return block;
        return -1;
    }

    private static NetworkArchitecture ddpm(Known known) {
        final int width = known.size("conv_in.weight", 0);
        final int levels = known.count("down.");
        final int resolution =
                ((Number) known.untold("resolution", DdpmUNet.PUBLISHED_RESOLUTION)).intValue();
        final List<Number> multipliers = new ArrayList<>();
        final List<Integer> attention = new ArrayList<>();
        for (int level = 0; level < levels; level++) {
            final String prefix = "down." + level;
            multipliers.add((double) known.size(prefix + ".block.0.conv1.weight", 0) / width);
            if (known.has(prefix + ".attn.")) attention.add(resolution >> level);
        }
        final Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("in_channels", known.size("conv_in.weight", 1));
        configuration.put("ch", width);
        configuration.put("out_ch", known.size("conv_out.weight", 0));
        configuration.put("num_res_blocks", known.count("down.0.block."));
        configuration.put("attn_resolutions", attention);
        configuration.put("ch_mult", multipliers);
        configuration.put("resamp_with_conv", levels == 1 || known.has("down.0.downsample.conv."));
        configuration.put("resolution", resolution);
        return DdpmUNet.of(configuration);
    }
}
