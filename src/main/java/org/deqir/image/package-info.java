/**
 * Images in their own units: planes, intensity ranges and the way to and from ImgLib2 and tensors.
 */
package org.deqir.image;
