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
 * The U-Net of the first diffusion models (Ho, Jain and Abbeel, "Denoising diffusion probabilistic
 * models", 2020) under the names that the PyTorch code of DDIM and SDEdit gives to the parameters
 * of its {@code Model}, as in SDEdit's {@code celeba_hq.ckpt}.
 *
 * <p>A level that names no resolution for itself attends at the deepest block only. Attention has
 * one head; downsampling pads one row below and one column at the right.
 *
 * @param inChannels channels of the image
 * @param width channels of the first level ({@code ch})
 * @param outChannels channels of the output; where there are more than {@code inChannels} (a
 *     network that also learned the variance), the first are the noise
 * @param residualBlocks residual blocks per level
 * @param attentionResolutions sizes of the images of the levels with attention, if the network's
 *     input has the size {@code resolution}
 * @param channelMultipliers width of each level as a multiple of {@code width}
 * @param convolutionalResampling whether changes of resolution convolve ({@code resamp_with_conv})
 * @param resolution size of the images the network was trained on; only its ratio to {@code
 *     attentionResolutions} matters, images of any size can be given
 */
public record DdpmUNet(
        int inChannels,
        int width,
        int outChannels,
        int residualBlocks,
        List<Integer> attentionResolutions,
        List<Integer> channelMultipliers,
        boolean convolutionalResampling,
        int resolution)
        implements NetworkArchitecture {

    /** {@link #layout()} of this architecture. */
    public static final String LAYOUT = "ddpm";

    /** {@code resolution} of the published networks. */
    static final int PUBLISHED_RESOLUTION = 256;

    private static final double EPSILON = 1e-6;

    /**
     * Checks that such a network can exist.
     *
     * @throws IllegalArgumentException if not, saying which setting does not fit
     */
    public DdpmUNet {
        attentionResolutions = List.copyOf(attentionResolutions);
        channelMultipliers = List.copyOf(channelMultipliers);
        Settings.requireRange("in_channels", inChannels, 16);
        Settings.require(
                outChannels == inChannels || outChannels == 2 * inChannels,
                "out_ch",
                outChannels,
                "in_channels or twice that");
        Settings.requireRange("ch", width, 4096);
        Settings.requireGroups("ch", width);
        Settings.requireRange("num_res_blocks", residualBlocks, 64);
        Settings.require(
                !channelMultipliers.isEmpty() && channelMultipliers.size() <= 10,
                "ch_mult",
                channelMultipliers,
                "1 to 10 numbers");
        for (int multiplier : channelMultipliers) Settings.requireRange("ch_mult", multiplier, 64);
        Settings.requireRange("resolution", resolution, 1 << 16);
    }

    /**
     * {@return the architecture with the given configuration, in the names of the original {@code
     * Model}: {@code in_channels}, {@code ch}, {@code out_ch}, {@code num_res_blocks}, {@code
     * attn_resolutions}, {@code ch_mult}, {@code resamp_with_conv}, {@code resolution}; {@code
     * dropout} is accepted and ignored}
     *
     * @param configuration settings by name, as parsed from JSON or YAML
     * @throws IllegalArgumentException if a setting is unknown, missing, of the wrong type or does
     *     not fit
     */
    public static DdpmUNet of(Map<String, ?> configuration) {
        final Settings settings = new Settings(LAYOUT, configuration);
        settings.ignore("dropout");
        final DdpmUNet result =
                new DdpmUNet(
                        settings.integer("in_channels"),
                        settings.integer("ch"),
                        settings.integer("out_ch"),
                        settings.integer("num_res_blocks"),
                        settings.integers("attn_resolutions"),
                        settings.integers("ch_mult"),
                        settings.flag("resamp_with_conv", true),
                        settings.integer("resolution", PUBLISHED_RESOLUTION));
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
        map.put("ch", width);
        map.put("out_ch", outChannels);
        map.put("num_res_blocks", residualBlocks);
        map.put("attn_resolutions", attentionResolutions);
        map.put("ch_mult", channelMultipliers);
        map.put("resamp_with_conv", convolutionalResampling);
        map.put("resolution", resolution);
        return map;
    }

    @Override
    public String originalModule() {
        return "models.diffusion";
    }

    @Override
    public String originalClass() {
        return "Model";
    }

    @Override
    public int channels() {
        return inChannels;
    }

    @Override
    public int stride() {
        return 1 << (levels() - 1);
    }

    private int levels() {
        return channelMultipliers.size();
    }

    private int width(int level) {
        return channelMultipliers.get(level) * width;
    }

    @Override
    public NetworkProgram program(Precision precision) {
        return new Drawing(new NetworkWriter(precision)).draw();
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
            String h = net.convolution(net.image(), "conv_in", inChannels, width, 3);
            int channels = width;
            net.skip(h, channels);
            for (int level = 0; level < levels(); level++) {
                final String prefix = "down." + level;
                for (int i = 0; i < residualBlocks; i++) {
                    h = residual(h, prefix + ".block." + i, channels, width(level));
                    channels = width(level);
                    if (hasAttention(level)) h = attention(h, prefix + ".attn." + i, channels);
                    net.skip(h, channels);
                }
                if (level < levels() - 1) {
                    h = shrink(h, prefix + ".downsample.conv", channels);
                    net.skip(h, channels);
                }
            }
            h = residual(h, "mid.block_1", channels, channels);
            h = attention(h, "mid.attn_1", channels);
            h = residual(h, "mid.block_2", channels, channels);
            for (int level = levels() - 1; level >= 0; level--) {
                final String prefix = "up." + level;
                for (int i = 0; i <= residualBlocks; i++) {
                    final NetworkWriter.Skipped skip = net.unskip();
                    h = net.concatenate(h, skip.variable());
                    h =
                            residual(
                                    h,
                                    prefix + ".block." + i,
                                    channels + skip.channels(),
                                    width(level));
                    channels = width(level);
                    if (hasAttention(level)) h = attention(h, prefix + ".attn." + i, channels);
                }
                if (level > 0) h = enlarge(h, prefix + ".upsample.conv", channels);
            }
            h = net.silu(net.normalize(h, "norm_out", channels, EPSILON));
            return net.finish(net.convolution(h, "conv_out", channels, outChannels, 3), inChannels);
        }

        private boolean hasAttention(int level) {
            return attentionResolutions.contains(resolution >> level);
        }

        private String timestepEmbedding() {
            final int half = width / 2;
            final String phases = net.phases(net.timesteps(), half, false, half - 1);
            final String waves = net.concatenate(net.sin(phases), net.cos(phases));
            final String first = net.linear(waves, "temb.dense.0", width, 4 * width);
            return net.linear(net.silu(first), "temb.dense.1", 4 * width, 4 * width);
        }

        private String residual(String x, String prefix, int in, int out) {
            String h = net.silu(net.normalize(x, prefix + ".norm1", in, EPSILON));
            h = net.convolution(h, prefix + ".conv1", in, out, 3);
            h =
                    net.add(
                            h,
                            net.overPixels(
                                    net.linear(embedding, prefix + ".temb_proj", 4 * width, out)));
            h = net.silu(net.normalize(h, prefix + ".norm2", out, EPSILON));
            h = net.convolution(h, prefix + ".conv2", out, out, 3);
            final String shortcut =
                    in == out ? x : net.convolution(x, prefix + ".nin_shortcut", in, out, 1);
            return net.add(shortcut, h);
        }

        private String attention(String x, String prefix, int channels) {
            final String normalized = net.normalize(x, prefix + ".norm", channels, EPSILON);
            final String q = net.convolution(normalized, prefix + ".q", channels, channels, 1);
            final String k = net.convolution(normalized, prefix + ".k", channels, channels, 1);
            final String v = net.convolution(normalized, prefix + ".v", channels, channels, 1);
            final String qkv = net.concatenate(net.concatenate(q, k), v);
            final String attended = net.attend(qkv, channels, 1, true);
            return net.add(
                    x, net.convolution(attended, prefix + ".proj_out", channels, channels, 1));
        }

        private String shrink(String x, String prefix, int channels) {
            return convolutionalResampling
                    ? net.convolution(net.padEnd(x), prefix, channels, channels, 3, 2, 0)
                    : net.shrink(x);
        }

        private String enlarge(String x, String prefix, int channels) {
            final String large = net.enlarge(x);
            return convolutionalResampling
                    ? net.convolution(large, prefix, channels, channels, 3)
                    : large;
        }
    }
}
