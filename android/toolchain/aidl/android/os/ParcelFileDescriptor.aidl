package android.os;
parcelable ParcelFileDescriptor;
