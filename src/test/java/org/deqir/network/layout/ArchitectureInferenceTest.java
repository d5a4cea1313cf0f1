/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.network.NetworkFixtures;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.testing.Fixtures;
import org.deqir.testing.RandomCheckpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

public class ArchitectureInferenceTest {

    private static final Set<String> UNTOLD =
            Set.of(
                    "num_head_channels",
                    "num_heads",
                    "num_heads_upsample",
                    "use_new_attention_order",
                    "resolution");

    @ParameterizedTest
    @CsvSource({
        "guided-official-like, guided-official-like.pt",
        "guided-plain-gray, guided-plain-gray-legacy.pt",
        "ddpm-celeba-like, ddpm-celeba-like.ckpt"
    })
    void findsTheConfigurationOfAReferenceNetwork(String name, String file) throws Exception {
        final NetworkArchitecture expected = NetworkFixtures.architecture(name);
        final Map<String, Object> hints = new LinkedHashMap<>(expected.configuration());
        hints.keySet().retainAll(UNTOLD);
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.file(file))) {
            final var found = ArchitectureInference.infer(checkpoint.tensors(), hints, "");
            assertEquals(expected, found.architecture());
            assertEquals("", found.prefix());
            assertEquals(Set.of(), found.assumed());
        }
    }

    public static List<NetworkArchitecture> everyKind() {
        final List<NetworkArchitecture> result = new ArrayList<>();
        for (boolean scaleShift : new boolean[] {true, false})
            for (String resampling : List.of("blocks", "convolutions", "plain"))
                for (boolean newOrder : new boolean[] {true, false})
                    result.add(
                            new GuidedDiffusionUNet(
                                    1,
                                    32,
                                    scaleShift ? 2 : 1,
                                    newOrder ? 1 : 2,
                                    List.of(2),
                                    List.of(1., 2., 2.),
                                    -1,
                                    4,
                                    newOrder ? 2 : -1,
                                    scaleShift,
                                    resampling.equals("blocks"),
                                    !resampling.equals("plain"),
                                    newOrder));
        for (boolean convolutions : new boolean[] {true, false})
            result.add(new DdpmUNet(3, 32, 3, 2, List.of(64), List.of(1, 2, 2), convolutions, 256));
        return result;
    }

    @ParameterizedTest
    @MethodSource("everyKind")
    void findsEveryKindOfNetworkBehindAPrefix(NetworkArchitecture architecture) {
        final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        tensors.put("optimizer.step", new TensorInfo(ElementType.INT64, new Shape()));
        tensors.putAll(new RandomCheckpoint("model.module.", architecture).tensors());
        tensors.putAll(new RandomCheckpoint("ema_model.module.", architecture).tensors());
        final Map<String, Object> hints = new LinkedHashMap<>(architecture.configuration());
        hints.keySet().retainAll(UNTOLD);
        final var found = ArchitectureInference.infer(tensors, hints, "");
        assertEquals(architecture, found.architecture());
        assertEquals("ema_model.module.", found.prefix());
    }

    /** Raw and averaged weights as training programs put them into one file. */
    @ParameterizedTest
    @CsvSource({
        "0.module., 4.module., 4.module.", // a list
        "model., ema., ema.",
        "ema.online_model., ema.ema_model., ema.ema_model.",
        "state_dict.module., state_dict_ema.module., state_dict_ema.module."
    })
    void takesTheAveragedWeights(String raw, String averaged, String expected) {
        final NetworkArchitecture architecture = NetworkFixtures.architecture("guided-plain-gray");
        final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        tensors.putAll(new RandomCheckpoint(raw, architecture).tensors());
        tensors.putAll(new RandomCheckpoint(averaged, architecture).tensors());
        final Map<String, Object> hints = new LinkedHashMap<>(architecture.configuration());
        hints.keySet().retainAll(UNTOLD);
        assertEquals(expected, ArchitectureInference.infer(tensors, hints, "").prefix());
        assertEquals(raw, ArchitectureInference.infer(tensors, hints, raw).prefix());
    }

    @Test
    void asksWhichOfTwoNetworksIsMeant() {
        final NetworkArchitecture architecture = NetworkFixtures.architecture("guided-plain-gray");
        final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        tensors.putAll(new RandomCheckpoint("teacher.", architecture).tensors());
        tensors.putAll(new RandomCheckpoint("student.", architecture).tensors());
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> ArchitectureInference.infer(tensors, Map.of(), ""))
                        .getMessage();
        assertTrue(message.contains("weights = teacher. or student."), message);
    }

    /** Averages under names without dots, with underscores, or as a list. */
    @ParameterizedTest
    @ValueSource(strings = {"", "_", "list"})
    void findsAveragesOfOtherNames(String dot) throws Exception {
        final NetworkArchitecture architecture = NetworkFixtures.architecture("guided-plain-gray");
        final String prefix = "model.diffusion_model.";
        final RandomCheckpoint checkpoint = new RandomCheckpoint(prefix, architecture);
        final Map<String, String> averages = new LinkedHashMap<>();
        for (String name : List.copyOf(checkpoint.tensors().keySet())) {
            final String average =
                    dot.equals("list")
                            ? "ema.shadow_params." + averages.size()
                            : "model_ema." + name.substring("model.".length()).replace(".", dot);
            averages.put(average, name);
        }
        averages.forEach(
                (average, name) ->
                        checkpoint.tensors().put(average, checkpoint.tensors().get(name)));
        checkpoint
                .tensors()
                .put(
                        dot.equals("list") ? "ema.num_updates" : "model_ema.num_updates",
                        new TensorInfo(ElementType.INT64, new Shape()));
        final Map<String, Object> hints = new LinkedHashMap<>(architecture.configuration());
        hints.keySet().retainAll(UNTOLD);
        final var found =
                ArchitectureInference.infer(
                        AveragedNames.restored(checkpoint).tensors(), hints, "");
        assertEquals(architecture, found.architecture());
        assertEquals(dot.equals("list") ? "ema.shadow_params." : "model_ema.", found.prefix());
        assertThrows(
                IllegalArgumentException.class,
                () -> ArchitectureInference.infer(checkpoint.tensors(), hints, ""));
    }

    /** Settings of the published unconditional 256 × 256 network. */
    @Test
    void recognisesThePublishedNetworkByNamesAndShapes() {
        final GuidedDiffusionUNet published = NetworkFixtures.PUBLISHED;
        final Map<String, TensorInfo> tensors = new RandomCheckpoint("", published).tensors();
        final long parameters = tensors.values().stream().mapToLong(TensorInfo::elements).sum();
        assertEquals(552_814_086, parameters);
        final var found = ArchitectureInference.infer(tensors, Map.of(), "");
        assertEquals(published, found.architecture());
        assertEquals(
                Set.of(
                        "num_head_channels",
                        "num_heads",
                        "num_heads_upsample",
                        "use_new_attention_order"),
                found.assumed());
    }

    @Test
    void listsWhatDoesNotFit() {
        final NetworkArchitecture architecture = NetworkFixtures.architecture("guided-plain-gray");
        final Map<String, TensorInfo> tensors =
                new LinkedHashMap<>(new RandomCheckpoint("", architecture).tensors());
        tensors.remove("middle_block.1.qkv.bias");
        tensors.put("betas", new TensorInfo(ElementType.FLOAT32, new Shape(1000)));
        tensors.put("out.0.bias", new TensorInfo(ElementType.FLOAT32, new Shape(31)));
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        ArchitectureInference.infer(
                                                tensors, architecture.configuration(), ""))
                        .getMessage();
        assertTrue(message.contains("missing: middle_block.1.qkv.bias;"), message);
        assertTrue(message.contains("unexpected: betas;"), message);
        assertTrue(message.contains("out.0.bias (31) instead of (32)"), message);
    }

    @Test
    void refusesOtherNetworks() {
        final Map<String, TensorInfo> classifier =
                Map.of("fc.weight", new TensorInfo(ElementType.FLOAT32, new Shape(10, 512)));
        assertMessage("no network of a known layout", classifier);
        final Map<String, TensorInfo> conditional =
                new LinkedHashMap<>(
                        new RandomCheckpoint("", NetworkFixtures.architecture("guided-plain-gray"))
                                .tensors());
        conditional.put(
                "label_emb.weight", new TensorInfo(ElementType.FLOAT32, new Shape(1000, 128)));
        assertMessage("only unconditional networks", conditional);
    }

    private static void assertMessage(String part, Map<String, TensorInfo> tensors) {
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> ArchitectureInference.infer(tensors, Map.of(), ""))
                        .getMessage();
        assertTrue(message.contains(part), message);
    }

    @ParameterizedTest
    @CsvSource({
        "model_channels, 0, 1 to 4096",
        "model_channels, 20, divisible by 32",
        "out_channels, 5, in_channels or twice that",
        "num_heads, 5, a divisor of 32",
        "num_res_blocks, 1.5, an integer",
        "colour, 1, no setting colour"
    })
    void namesASettingThatDoesNotFit(String key, double value, String part) {
        final Map<String, Object> configuration =
                NetworkFixtures.architecture("guided-plain-gray").configuration();
        configuration.put(key, value);
        final String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> GuidedDiffusionUNet.of(configuration))
                        .getMessage();
        assertTrue(message.contains(part), message);
    }
}
