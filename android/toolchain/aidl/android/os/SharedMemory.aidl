package android.os;
parcelable SharedMemory;
