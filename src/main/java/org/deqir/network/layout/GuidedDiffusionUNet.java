/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The U-Net of guided-diffusion (Dhariwal and Nichol, "Diffusion models beat GANs on image
 * synthesis", 2021) and of its predecessor improved-diffusion, under the names their code gives to
 * the parameters of {@code UNetModel}.
 *
 * @param inChannels channels of the image
 * @param modelChannels width of the first level
 * @param outChannels channels of the output; where there are more than {@code inChannels} (a
 *     network that also learned the variance), the first are the noise and the others are dropped
 * @param residualBlocks residual blocks per level
 * @param attentionResolutions levels with attention, named by how many times smaller their images
 *     are than the input: 1, 2, 4, …
 * @param channelMultipliers width of each level as a multiple of {@code modelChannels}
 * @param headChannels channels of an attention head, or −1 to use {@code heads}
 * @param heads number of attention heads where {@code headChannels} is −1
 * @param headsUpsample the same for the decoder, or −1 for {@code heads}
 * @param scaleShiftNorm whether the timestep scales and shifts the normalized activations rather
 *     than being added to them
 * @param resampleInBlocks whether residual blocks change the resolution ({@code resblock_updown})
 *     rather than layers between them
 * @param convolutionalResampling whether those layers convolve ({@code conv_resample})
 * @param newAttentionOrder whether the attention splits q, k, v before heads ({@code
 *     use_new_attention_order})
 */
public record GuidedDiffusionUNet(
        int inChannels,
        int modelChannels,
        int outChannels,
        int residualBlocks,
        List<Integer> attentionResolutions,
        List<Double> channelMultipliers,
        int headChannels,
        int heads,
        int headsUpsample,
        boolean scaleShiftNorm,
        boolean resampleInBlocks,
        boolean convolutionalResampling,
        boolean newAttentionOrder)
        implements NetworkArchitecture {

    /** {@link #layout()} of this architecture. */
    public static final String LAYOUT = "guided-diffusion";

    private static final double EPSILON = 1e-5;

    /**
     * Checks that such a network can exist.
     *
     * @throws IllegalArgumentException if not, saying which setting does not fit
     */
    public GuidedDiffusionUNet {
        attentionResolutions = List.copyOf(attentionResolutions);
        channelMultipliers = List.copyOf(channelMultipliers);
        Settings.requireRange("in_channels", inChannels, 16);
        Settings.require(
                outChannels == inChannels || outChannels == 2 * inChannels,
                "out_channels",
                outChannels,
                "in_channels or twice that");
        Settings.requireRange("model_channels", modelChannels, 4096);
        Settings.requireRange("num_res_blocks", residualBlocks, 64);
        Settings.require(
                !channelMultipliers.isEmpty() && channelMultipliers.size() <= 10,
                "channel_mult",
                channelMultipliers,
                "1 to 10 numbers");
        Settings.require(
                headChannels == -1 || headChannels > 0,
                "num_head_channels",
                headChannels,
                "positive or -1");
        Settings.requireRange("num_heads", heads, 4096);
        Settings.require(
                headsUpsample == -1 || headsUpsample > 0,
                "num_heads_upsample",
                headsUpsample,
                "positive or -1");
        for (int resolution : attentionResolutions)
            Settings.require(
                    resolution > 0 && Integer.bitCount(resolution) == 1,
                    "attention_resolutions",
                    attentionResolutions,
                    "powers of two");
        for (int level = 0; level < channelMultipliers.size(); level++) {
            final double multiplier = channelMultipliers.get(level);
            Settings.require(
                    multiplier > 0 && multiplier <= 64, "channel_mult", multiplier, "0 to 64");
            final int channels = (int) (multiplier * modelChannels);
            Settings.requireGroups("channel_mult", channels);
            if (attentionResolutions.contains(1 << level)
                    || level == channelMultipliers.size() - 1) {
                requireHeads(channels, heads, headChannels);
                requireHeads(channels, headsUpsample == -1 ? heads : headsUpsample, headChannels);
            }
        }
    }

    private static void requireHeads(int channels, int heads, int headChannels) {
        if (headChannels == -1)
            Settings.require(channels % heads == 0, "num_heads", heads, "a divisor of " + channels);
        else
            Settings.require(
                    channels % headChannels == 0,
                    "num_head_channels",
                    headChannels,
                    "a divisor of " + channels);
    }

    /**
     * {@return the architecture with the given configuration, in the names of guided-diffusion's
     * {@code UNetModel}}
     *
     * <p>{@code in_channels}, {@code model_channels}, {@code out_channels}, {@code num_res_blocks},
     * {@code attention_resolutions} and {@code channel_mult} are needed; the others have the
     * original's defaults. Settings that change no result of a trained network ({@code image_size},
     * {@code dropout}, {@code use_checkpoint}, {@code use_fp16}) are accepted and ignored.
     *
     * @param configuration settings by name, as parsed from JSON or YAML
     * @throws IllegalArgumentException if a setting is unknown, missing, of the wrong type or does
     *     not fit
     */
    public static GuidedDiffusionUNet of(Map<String, ?> configuration) {
        final Settings settings = new Settings(LAYOUT, configuration);
        settings.ignore("image_size", "dropout", "use_checkpoint", "use_fp16");
        final GuidedDiffusionUNet result =
                new GuidedDiffusionUNet(
                        settings.integer("in_channels"),
                        settings.integer("model_channels"),
                        settings.integer("out_channels"),
                        settings.integer("num_res_blocks"),
                        settings.integers("attention_resolutions"),
                        settings.numbers("channel_mult"),
                        settings.integer("num_head_channels", -1),
                        settings.integer("num_heads", 1),
                        settings.integer("num_heads_upsample", -1),
                        settings.flag("use_scale_shift_norm", false),
                        settings.flag("resblock_updown", false),
                        settings.flag("conv_resample", true),
                        settings.flag("use_new_attention_order", false));
        settings.requireNoOthers();
        return result;
    }

    @Override
    public String layout() {
        return LAYOUT;
    }

    @Override
    public Map<String, Object> configuration() {
        final Map<String, Object> map = new LinkedHashMap<>();
        map.put("in_channels", inChannels);
        map.put("model_channels", modelChannels);
        map.put("out_channels", outChannels);
        map.put("num_res_blocks", residualBlocks);
        map.put("attention_resolutions", attentionResolutions);
        map.put("channel_mult", Settings.plain(channelMultipliers));
        map.put("num_head_channels", headChannels);
        map.put("num_heads", heads);
        map.put("num_heads_upsample", headsUpsample);
        map.put("use_scale_shift_norm", scaleShiftNorm);
        map.put("resblock_updown", resampleInBlocks);
        map.put("conv_resample", convolutionalResampling);
        map.put("use_new_attention_order", newAttentionOrder);
        return map;
    }

    @Override
    public String originalModule() {
        return "guided_diffusion.unet";
    }

    @Override
    public String originalClass() {
        return "UNetModel";
    }

    @Override
    public int channels() {
        return inChannels;
    }

    @Override
    public int width() {
        return modelChannels;
    }

    @Override
    public int stride() {
        return 1 << (levels() - 1);
    }

    private int levels() {
        return channelMultipliers.size();
    }

    private int width(int level) {
        return (int) (channelMultipliers.get(level) * modelChannels);
    }

    @Override
    public NetworkProgram program(Precision precision) {
        return new Drawing(new NetworkWriter(precision)).draw();
    }

    private enum Resampling {
        NONE,
        UP,
        DOWN
    }

    /** One writing of the network, front to back. */
    private final class Drawing {

        private final NetworkWriter net;
        private String embedding;

        Drawing(NetworkWriter net) {
            this.net = net;
        }

        NetworkProgram draw() {
            embedding = net.silu(timestepEmbedding());
            String h = net.convolution(net.image(), "input_blocks.0.0", inChannels, width(0), 3);
            int channels = width(0);
            net.skip(h, channels);
            int block = 1;
            for (int level = 0; level < levels(); level++) {
                for (int i = 0; i < residualBlocks; i++) {
                    final String prefix = "input_blocks." + block++;
                    h = residual(h, prefix + ".0", channels, width(level), Resampling.NONE);
                    channels = width(level);
                    if (hasAttention(level)) h = attention(h, prefix + ".1", channels, heads);
                    net.skip(h, channels);
                }
                if (level < levels() - 1) {
                    h = shrink(h, "input_blocks." + block++ + ".0", channels);
                    net.skip(h, channels);
                }
            }
            h = residual(h, "middle_block.0", channels, channels, Resampling.NONE);
            h = attention(h, "middle_block.1", channels, heads);
            h = residual(h, "middle_block.2", channels, channels, Resampling.NONE);
            block = 0;
            for (int level = levels() - 1; level >= 0; level--)
                for (int i = 0; i <= residualBlocks; i++) {
                    final String prefix = "output_blocks." + block++ + ".";
                    int layer = 0;
                    final NetworkWriter.Skipped skip = net.unskip();
                    h = net.concatenate(h, skip.variable());
                    h =
                            residual(
                                    h,
                                    prefix + layer++,
                                    channels + skip.channels(),
                                    width(level),
                                    Resampling.NONE);
                    channels = width(level);
                    if (hasAttention(level))
                        h =
                                attention(
                                        h,
                                        prefix + layer++,
                                        channels,
                                        headsUpsample == -1 ? heads : headsUpsample);
                    if (level > 0 && i == residualBlocks) h = enlarge(h, prefix + layer, channels);
                }
            h = net.silu(net.normalize(h, "out.0", channels, EPSILON));
            return net.finish(net.convolution(h, "out.2", channels, outChannels, 3), inChannels);
        }

        private boolean hasAttention(int level) {
            return attentionResolutions.contains(1 << level);
        }

        private String timestepEmbedding() {
            final int half = modelChannels / 2;
            final String phases = net.phases(net.timesteps(), half, true, half);
            final String waves = net.concatenate(net.cos(phases), net.sin(phases));
            final int wide = 4 * modelChannels;
            final String first = net.linear(waves, "time_embed.0", modelChannels, wide);
            return net.linear(net.silu(first), "time_embed.2", wide, wide);
        }

        private String residual(String x, String prefix, int in, int out, Resampling resampling) {
            String h = net.silu(net.normalize(x, prefix + ".in_layers.0", in, EPSILON));
            String shortcut = x;
            if (resampling == Resampling.UP) {
                h = net.enlarge(h);
                shortcut = net.enlarge(x);
            } else if (resampling == Resampling.DOWN) {
                h = net.shrink(h);
                shortcut = net.shrink(x);
            }
            h = net.convolution(h, prefix + ".in_layers.2", in, out, 3);
            final String step =
                    net.overPixels(
                            net.linear(
                                    embedding,
                                    prefix + ".emb_layers.1",
                                    4 * modelChannels,
                                    scaleShiftNorm ? 2 * out : out));
            if (scaleShiftNorm)
                h =
                        net.scaleAndShift(
                                net.normalize(h, prefix + ".out_layers.0", out, EPSILON), step);
            else h = net.normalize(net.add(h, step), prefix + ".out_layers.0", out, EPSILON);
            h = net.convolution(net.silu(h), prefix + ".out_layers.3", out, out, 3);
            if (in != out)
                shortcut = net.convolution(shortcut, prefix + ".skip_connection", in, out, 1);
            return net.add(shortcut, h);
        }

        private String attention(String x, String prefix, int channels, int headCount) {
            final String normalized = net.normalize(x, prefix + ".norm", channels, EPSILON);
            final String qkv = net.pointwise(normalized, prefix + ".qkv", channels, 3 * channels);
            final String attended =
                    net.attend(
                            qkv,
                            channels,
                            headChannels == -1 ? headCount : channels / headChannels,
                            !newAttentionOrder);
            return net.add(x, net.pointwise(attended, prefix + ".proj_out", channels, channels));
        }

        private String shrink(String x, String prefix, int channels) {
            if (resampleInBlocks) return residual(x, prefix, channels, channels, Resampling.DOWN);
            if (convolutionalResampling)
                return net.convolution(x, prefix + ".op", channels, channels, 3, 2, 1);
            return net.shrink(x);
        }

        private String enlarge(String x, String prefix, int channels) {
            if (resampleInBlocks) return residual(x, prefix, channels, channels, Resampling.UP);
            final String large = net.enlarge(x);
            return convolutionalResampling
                    ? net.convolution(large, prefix + ".conv", channels, channels, 3)
                    : large;
        }
    }
}
